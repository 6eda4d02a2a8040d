import { hash, verify } from '@node-rs/argon2'
import { verify as verifyBcrypt } from '@node-rs/bcrypt'

/** OWASP's parameters. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const BCRYPT_MAX_BYTES = 72

// Nobody's hashes, verified only so that the time is spent.
const NO_ARGON2ID = '$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3MgaGFzaC4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const NO_BCRYPT = 'abcdefghijklmnopqrstuOabcdefghijklmnopqrstuvwxyzABCDe'

interface Stored {
  /** Null where nobody has that e-mail, or no password is set. */
  hash: string | null
  /** The highest cost of all bcrypt hashes there are, null where there are none. */
  dearestBcrypt: number | null
}

/** What can be verified at a known cost; the table takes nothing else (0006). */
const ARGON2ID_HASH =
  /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{21}[AQgw]\$[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]$/
const BCRYPT_HASH = /^\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/

export const isPasswordHash = (text: string): boolean => ARGON2ID_HASH.test(text) || BCRYPT_HASH.test(text)

export const isBcrypt = (hash: string): boolean => hash.startsWith('$2')

export const hashPassword = (password: string): Promise<string> => hash(password, ARGON2ID)

/** Whether the password is the one that was hashed; every wrong one costs the same. */
export async function verifyPassword(password: string, stored: Stored): Promise<boolean> {
  for (const each of workOf(stored)) {
    const isRight = await (isBcrypt(each) ? isBcryptOf(password, each) : verify(each, password))
    if (isRight && each === stored.hash) return true
  }
  return false
}

/**
 * The hashes to verify before a password is called wrong, the person's own first: one argon2id and, while anybody still has
 * bcrypt, as much bcrypt as its highest cost. Each cost takes twice the time of the one below, so one hash of every cost from the
 * own one up to the one below the highest makes up the difference.
 */
export function workOf({ hash, dearestBcrypt }: Stored): string[] {
  if (hash === null || !isBcrypt(hash))
    return [hash ?? NO_ARGON2ID, ...(dearestBcrypt === null ? [] : [noBcrypt(dearestBcrypt)])]
  const own = Number(hash.slice(4, 6))
  const missing = Array.from({ length: Math.max(0, (dearestBcrypt ?? own) - own) }, (_, index) => noBcrypt(own + index))
  return [hash, NO_ARGON2ID, ...missing]
}

/** bcrypt ignores whatever follows the first 72 bytes, so a longer password is never right. */
async function isBcryptOf(password: string, hash: string): Promise<boolean> {
  return (await verifyBcrypt(password, hash)) && Buffer.byteLength(password) <= BCRYPT_MAX_BYTES
}

const noBcrypt = (cost: number): string => `$2b$${String(cost).padStart(2, '0')}$${NO_BCRYPT}`
