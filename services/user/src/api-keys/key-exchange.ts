import type { UserDeps } from '../deps.ts'
import { findPerson, type PersonRow } from '../people/person-rows.ts'
import { isActive } from '../people/standing.ts'
import { unknownCredential } from '../problems.ts'
import type { TokenFacts } from '../tokens/access-token.ts'
import { timesWithin } from '../tokens/token-times.ts'
import { findByKey, noteUse } from './api-keys.ts'

/**
 * Whose key this is, and what a token for it says of itself: it is limited to the key's scopes.
 * @throws Problem 401 `unknown-credential` whatever is wrong with it, so that nothing can be learnt of keys or owners
 */
export async function useKey(
  { db }: Pick<UserDeps, 'db'>,
  key: string,
): Promise<{ person: PersonRow; facts: TokenFacts; key_id: string }> {
  const now = new Date()
  const row = await findByKey(db, key)
  if (row === undefined || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now))
    throw unknownCredential()
  // Dated before the owner is read: if everything of theirs ends meanwhile, this token ends with it.
  const { iat, exp } = timesWithin({ exp: row.expires_at === null ? Infinity : row.expires_at.getTime() / 1000 })
  const person = await findPerson(db, row.person_sub)
  if (person === undefined || person.tenant_id !== row.tenant_id || !isActive(person)) throw unknownCredential()
  if (row.created_at.getTime() < person.valid_from * 1000) throw unknownCredential()
  await noteUse(db, row, now)
  const times = { iat: Math.max(iat, person.valid_from), exp: Math.floor(exp) }
  const facts = { ...times, sid: row.key_id, amr: ['api_key'], scope: row.scopes.join(' ') }
  return { person, facts, key_id: row.key_id }
}
