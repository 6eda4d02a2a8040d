import type { KeyRing } from '@munjigi/sealing/fernet'
import { loginEnded, notLinked } from '../problems.ts'
import { type OpenedTokens, openTokens } from '../tokens-at-rest.ts'
import type { UserMap, UserMapRow } from '../user-map.ts'
import type { PersonToken } from './login-memory.ts'

/** The access token in the row, whatever is left of it. @throws Problem `not-linked`, `login-ended`, `tokens-unreadable` */
export async function requireStored(userMap: UserMap, sealing: KeyRing, chatbotUser: string): Promise<PersonToken> {
  const row = await userMap.findByChat(chatbotUser)
  if (row === undefined) throw notLinked()
  return personToken(row, requireTokens(sealing, row))
}

export function requireTokens(sealing: KeyRing, row: UserMapRow): OpenedTokens {
  const tokens = openTokens(sealing, row)
  if (tokens === undefined) throw loginEnded()
  return tokens
}

export const personToken = (
  row: UserMapRow,
  { access_token, expires_at }: Omit<OpenedTokens, 'refresh_token'>,
): PersonToken => ({
  sub: row.keycloak_sub,
  access_token,
  expires_at,
})
