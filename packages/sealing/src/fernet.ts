import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const VERSION = 0x80
const HEADER_BYTES = 1 + 8 + 16
const MAC_BYTES = 32
const BLOCK_BYTES = 16

interface FernetKey {
  signing: Buffer
  encryption: Buffer
}

export interface KeyRing {
  /** A Fernet token of `text`, made with the first key. */
  seal(text: string, bind?: string): string
  /** @throws when no key of the ring opens `token`, or it was sealed for another `bind`. */
  open(token: string, bind?: string): string
  /** Whether `token` was made with the first key; if not, it is due to be sealed again. @throws when it is no Fernet token. */
  isCurrent(token: string): boolean
}

/**
 * Fernet (github.com/fernet/spec) under comma-separated keys, each 32 bytes in URL-safe base64: the first seals, all open.
 * `bind` names the place of the secret (`signing-keys:<kid>`); it lies inside the ciphertext, so a token moved elsewhere does not open.
 * Without `bind` the token is plain Fernet, as other languages read and write it.
 */
export function keyRing(keys: string): KeyRing {
  const ring = keys.split(',').map(readKey)
  const [first] = ring as [FernetKey]
  return {
    seal: (text, bind) => encrypt(first, bind === undefined ? text : boundText(bind) + text),
    open(token, bind) {
      const text = decryptWithAny(ring, decodeToken(token))
      if (bind === undefined) return text
      const start = boundText(bind)
      if (!text.startsWith(start)) throw new Error('the sealed text belongs to another place')
      return text.slice(start.length)
    },
    isCurrent: (token) => isMadeWith(first, decodeToken(token)),
  }
}

/** What is wrong with the keys of `variable`, as a line for whoever starts the service; empty where `keyRing` takes them. */
export function keyRingFaults(variable: string, keys: string): string[] {
  try {
    keyRing(keys)
    return []
  } catch (error) {
    return [`${variable} is not usable: ${(error as Error).message}`]
  }
}

// The length in front keeps "a" + "b:c" and "a:b" + "c" apart.
function boundText(bind: string): string {
  return `${bind.length}:${bind}:`
}

function readKey(text: string, index: number): FernetKey {
  const bytes = Buffer.from(text.trim(), 'base64url')
  // Node skips characters that are not base64, and would take a mistyped key for another one.
  if (bytes.length !== 32 || bytes.toString('base64url') !== text.trim().replace(/=$/, '')) {
    const remedy = 'make one with "openssl rand -base64 32 | tr +/ -_"'
    throw new Error(`sealing key ${index + 1} is not 32 bytes in URL-safe base64: ${remedy}`)
  }
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) }
}

function encrypt(key: FernetKey, text: string): string {
  if (!text.isWellFormed()) throw new Error('a text with half of a surrogate pair would open as another')
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(VERSION)
  header.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)), 1)
  const iv = randomBytes(BLOCK_BYTES)
  iv.copy(header, 9)
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv)
  const signed = Buffer.concat([header, cipher.update(text, 'utf8'), cipher.final()])
  return withPadding(Buffer.concat([signed, mac(key, signed)]).toString('base64url'))
}

function decodeToken(token: string): Buffer {
  const bytes = Buffer.from(token, 'base64url')
  const cipherBytes = bytes.length - HEADER_BYTES - MAC_BYTES
  const isFernet = bytes[0] === VERSION && cipherBytes >= BLOCK_BYTES && cipherBytes % BLOCK_BYTES === 0
  if (!isFernet || withPadding(bytes.toString('base64url')) !== token) throw new Error('not a Fernet token')
  return bytes
}

function decryptWithAny(ring: FernetKey[], bytes: Buffer): string {
  const key = ring.find((candidate) => isMadeWith(candidate, bytes))
  if (!key) throw new Error(`none of the ${ring.length} sealing keys opens this`)
  const decipher = createDecipheriv('aes-128-cbc', key.encryption, bytes.subarray(9, HEADER_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES, -MAC_BYTES)), decipher.final()]).toString('utf8')
}

function isMadeWith(key: FernetKey, bytes: Buffer): boolean {
  return timingSafeEqual(mac(key, bytes.subarray(0, -MAC_BYTES)), bytes.subarray(-MAC_BYTES))
}

function mac(key: FernetKey, signed: Buffer): Buffer {
  return createHmac('sha256', key.signing).update(signed).digest()
}

function withPadding(text: string): string {
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}
