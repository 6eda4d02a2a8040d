import { Problem } from '@munjigi/problem'

/** 403, for a key of INTERNAL_KEYS that stands for another service. */
export const internalKeyNotAllowed = () =>
  new Problem(403, 'internal-key-not-allowed', 'This key may not do this', {
    detail: 'Only the key named case reads and changes case roles',
  })
export const ownCaseRole = () =>
  new Problem(403, 'own-case-role', 'Nobody grants themselves a role in a case', {
    detail: 'Ask a trustee of the case; only the creator of a new case begins as one',
  })
