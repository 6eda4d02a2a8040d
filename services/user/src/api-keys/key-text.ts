import { createHash, randomBytes, randomInt } from 'node:crypto'
import { isSameText } from '@munjigi/sealing/same-text'

const PREFIX_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'
const PREFIX_LENGTH = 8
const SECRET_BYTES = 32
const CHECKSUM_LENGTH = 6
const FORM = /^mj_([a-z0-9]{8})_[A-Za-z0-9_-]{49}$/

/** A key `mj_<prefix>_<secret>`: 256 random bits and a checksum, both in base64url. */
export function newKeyText(): string {
  const prefix = Array.from({ length: PREFIX_LENGTH }, () => PREFIX_CHARACTERS[randomInt(PREFIX_CHARACTERS.length)])
  const text = `mj_${prefix.join('')}_${randomBytes(SECRET_BYTES).toString('base64url')}`
  return text + checksumOf(text)
}

/** The prefix of a key that could be ours; undefined for a mistyped or invented one, which costs no look-up. */
export function prefixOf(key: string): string | undefined {
  const prefix = FORM.exec(key)?.[1]
  const isWhole = isSameText(key.slice(-CHECKSUM_LENGTH), checksumOf(key.slice(0, -CHECKSUM_LENGTH)))
  return isWhole ? prefix : undefined
}

/** 256 random bits need no salt and no slow hash. */
export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')

export const masked = (prefix: string): string => `mj_${prefix}_…`

const checksumOf = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, CHECKSUM_LENGTH)
