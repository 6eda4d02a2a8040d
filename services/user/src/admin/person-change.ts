import type { Transaction } from 'kysely'
import type { Tables } from '../tables.ts'
import type { Rights } from './rights.ts'
import type { Target } from './target.ts'

/**
 * A change of a person, made in the transaction that decides whether it is allowed. Gives what the audit log says of it;
 * undefined where nothing was left to change.
 */
export type PersonChange = (step: {
  trx: Transaction<Tables>
  actor: Rights
  target: Target
}) => Promise<{ action: string; details?: Record<string, unknown> } | undefined>
