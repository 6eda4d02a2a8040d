import { createClient } from '@munjigi/client'
import { INTERNAL_USER_PATH } from '@munjigi/contracts/access'
import { CaseRoleGrant, type NewCaseRole } from '@munjigi/contracts/case-roles'
import { X_INTERNAL_KEY } from '@munjigi/contracts/headers'
import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { CaseOfTenant } from '../case-ids.ts'
import { caseRolesUnknown, unknownPerson } from '../problems.ts'

/** Short enough for the caller of a frozen user service to be answered within a second. */
const TIMEOUT_MS = 700
const PATH = `${INTERNAL_USER_PATH}/case-roles`

const grants = Compile(Type.Array(CaseRoleGrant))

/** Where user answers, and our key for its internal routes. */
export interface UserAddress {
  url: string
  internalKey: string
}

/**
 * User's part of a case: who has which role in it (DESIGN §4.6). Everything throws 503 `case-roles-unknown` while it does not
 * answer.
 */
export interface UserService {
  listOfPerson(sub: string): Promise<CaseRoleGrant[]>
  listOfCase(of: CaseOfTenant): Promise<CaseRoleGrant[]>
  /** @throws Problem 404 `unknown-person` where nobody of the tenant is called so */
  grant(role: NewCaseRole): Promise<void>
  /** Withdrawing a role that is not there is no error; `actor` is who did it, absent for the service itself. */
  withdraw(grant: { case_id: string; sub: string; actor?: string }): Promise<void>
  close(): Promise<void>
}

export function createUserService(
  { url, internalKey }: UserAddress,
  log: Pick<FastifyBaseLogger, 'error'>,
): UserService {
  const client = createClient({ baseUrl: url, timeoutMs: TIMEOUT_MS, headers: { [X_INTERNAL_KEY]: internalKey } })

  /** A refusal that is not about the person means that our key is wrong, or that the address is no user service. */
  function failure(error: unknown): Problem {
    if (error instanceof Problem && error.status < 500)
      log.error({ status: error.status, problem: error.type }, 'user service refuses the case service')
    return caseRolesUnknown(error)
  }

  async function list(query: Record<string, string>): Promise<CaseRoleGrant[]> {
    const answer = await client.get(PATH, query).catch((error) => {
      throw failure(error)
    })
    if (!grants.Check(answer)) throw caseRolesUnknown()
    return answer
  }

  return {
    listOfPerson: (sub) => list({ sub }),
    listOfCase: ({ tenant_id, case_id }) => list({ case_id, tenant_id }),
    async grant(role) {
      await client.put(PATH, role).catch((error) => {
        throw isUnknownPerson(error) ? unknownPerson() : failure(error)
      })
    },
    async withdraw(grant) {
      await client.remove(PATH, grant).catch((error) => {
        throw failure(error)
      })
    },
    close: client.close,
  }
}

const isUnknownPerson = (error: unknown): boolean =>
  error instanceof Problem && error.status === 404 && error.type === 'unknown-person'
