import type { AccessRecord } from '@munjigi/contracts/access'
import type { VerifiedToken } from '@munjigi/identity/verified-token'
import type { Caller } from './credential.ts'

/** Who a request is from, as far as it is proven. */
export interface Principal {
  readonly caller: Caller
  /** The caller's own token; undefined for an API key and for nobody. */
  readonly own: VerifiedToken | undefined
  /** What goes on, `own` or what it was exchanged for, and its `subject` is X-User-Sub; undefined for nobody. */
  readonly token: VerifiedToken | undefined
  /** Undefined for client accounts, for people user does not know, and for nobody. */
  readonly record: AccessRecord | undefined
}

/** Nobody: on an open route, where nothing of the caller is read. */
export const NOBODY: Principal = {
  caller: { credential: undefined, userSub: undefined, tenantId: undefined, address: '' },
  own: undefined,
  token: undefined,
  record: undefined,
}
