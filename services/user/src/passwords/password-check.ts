import type { UserDeps } from '../deps.ts'
import { type AttemptLimits, attemptLimits } from './attempt-limits.ts'
import { type HashPool, hashPool } from './hash-pool.ts'
import { hashPassword, verifyPassword } from './hashing.ts'
import type { Stored } from './passwords.ts'

interface Tried extends Stored {
  email: string
  origin: string
  password: string
}

export interface PasswordDeps extends UserDeps {
  pool: HashPool
  limits: AttemptLimits
}

export const passwordDeps = (deps: UserDeps): PasswordDeps => ({
  ...deps,
  pool: hashPool(),
  limits: attemptLimits(deps.store),
})

/**
 * Counts the attempt, then looks at the password.
 * @throws Problem 429 after too many, 503 where too many come at once
 */
export async function isPassword(
  { pool, limits }: PasswordDeps,
  { account, dearestBcrypt, email, origin, password }: Tried,
): Promise<boolean> {
  const isKnown = account?.is_known === true
  const attempt = await limits.begin({ email, origin, isKnown })
  const isRight = await pool
    .run({ kind: isKnown ? 'known' : 'stranger', account: email }, () =>
      verifyPassword(password, { hash: account?.hash ?? null, dearestBcrypt }),
    )
    .catch(async (error: unknown) => {
      await attempt.release()
      throw error
    })
  if (isRight) await attempt.succeed()
  else attempt.fail()
  return isRight
}

/** In the queue of known people: whoever sets a password has proved who they are. */
export const newHash = ({ pool }: Pick<PasswordDeps, 'pool'>, email: string, password: string): Promise<string> =>
  pool.run({ kind: 'known', account: email }, () => hashPassword(password))
