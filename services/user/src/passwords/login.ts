import type { Credentials } from '@munjigi/contracts/passwords'
import { networkOf } from '@munjigi/server/network'
import type { Caller } from '../caller.ts'
import { type Opening, openSession, type Session } from '../sessions/open-session.ts'
import { isBcrypt } from './hashing.ts'
import { isPassword, newHash, type PasswordDeps } from './password-check.ts'
import { passwordEmail } from './password-email.ts'
import { passwordText } from './password-text.ts'
import { findStored, insertSignIn, lockSigningIn, rehash } from './passwords.ts'
import { credentialsInvalid } from './problems.ts'

/**
 * Opens a session for an e-mail and its password. Why not, is told to those alone who know the password.
 * @throws Problem 401 `credentials-invalid`, 429, 503, and 403 by the account
 */
export async function login(deps: PasswordDeps, { email, password }: Credentials, caller: Caller): Promise<Session> {
  const text = passwordText(password, 'password')
  const normal = passwordEmail(email)
  const origin = networkOf(caller.address)
  const stored = await findStored(deps.db, { email: normal ?? '', origin })
  const { account } = stored
  const isRight = await isPassword(deps, { ...stored, email: normal ?? email, origin, password: text })
  if (account === undefined || !isRight) throw credentialsInvalid()
  const hash = await renewed(deps, account, text)
  const opening: Opening = {
    way: 'password',
    accessTtl: deps.settings.accessTtl,
    caller,
    insert: (trx, session) => insertSignIn(trx, { ...session, origin }),
  }
  return openSession(deps, opening, async (trx) => {
    // From here on nobody else changes them.
    const person = await lockSigningIn(trx, account)
    // Since it was looked at another may have been set, which ended every session that this one would outlive.
    if (person === undefined) throw credentialsInvalid()
    if (hash !== undefined) await rehash(trx, account, hash)
    return person
  })
}

async function renewed(deps: PasswordDeps, { hash }: { hash: string | null }, text: string) {
  if (hash === null || !isBcrypt(hash)) return undefined
  // Where too many come at once it waits for the next sign-in.
  return newHash(deps, text).catch(() => undefined)
}
