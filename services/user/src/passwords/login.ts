import type { Credentials } from '@munjigi/contracts/passwords'
import { networkOf } from '@munjigi/server/network'
import type { Caller } from '../caller.ts'
import { type Opening, openSession, type Session } from '../sessions/open-session.ts'
import { isBcrypt } from './hashing.ts'
import { isPassword, newHash, type PasswordDeps } from './password-check.ts'
import { passwordEmail } from './password-email.ts'
import { passwordText } from './password-text.ts'
import { type Account, findStored, insertSignIn, lockSigningIn, rehash } from './passwords.ts'
import { credentialsInvalid } from './problems.ts'

/**
 * Opens a session for an e-mail and its password. Only somebody who knows the password is told why the account may not be used.
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
    // Nobody else changes person and password until the commit.
    const person = await lockSigningIn(trx, account)
    // A password that was set meanwhile has ended all sessions, and this one must not escape that.
    if (person === undefined) throw credentialsInvalid()
    if (hash !== undefined) await rehash(trx, account, hash)
    return person
  })
}

async function renewed(deps: PasswordDeps, { email, hash }: Pick<Account, 'email' | 'hash'>, text: string) {
  if (hash === null || !isBcrypt(hash)) return undefined
  // Where the pool is busy, the next sign-in will replace it.
  return newHash(deps, email, text).catch(() => undefined)
}
