import { forbidden } from '../problems.ts'

/** 403, for a key of INTERNAL_KEYS that stands for another service. */
export const internalKeyNotAllowed = () =>
  forbidden(
    'internal-key-not-allowed',
    'This key may not do this',
    'Only the key named case reads and changes case roles',
  )
export const ownCaseRole = () =>
  forbidden(
    'own-case-role',
    'Nobody grants themselves a role in a case',
    'Ask a trustee of the case; only the creator of a new case begins as one',
  )
