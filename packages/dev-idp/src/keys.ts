import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose'
import { generate } from 'selfsigned'
import { writeWhole } from './records.ts'

const CERTIFICATE_YEARS = 10

/** A key pair with its self-signed certificate, both PEM. */
interface CertifiedKey {
  private_key: string
  certificate: string
}

interface KeyFile {
  /** Newest first; the first signs, all are published. */
  signing: CertifiedKey[]
  encryption: CertifiedKey
  refresh_secret: string
  cookie_secret: string
}

interface SigningKey {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
}

/** The realm's keys: RS256 for what others verify, a secret for refresh tokens, which only the realm reads. */
export interface Keys {
  current(): SigningKey
  find(kid: string): SigningKey | undefined
  published(): { keys: JWK[] }
  rotate(): Promise<void>
  refreshSecret: Uint8Array
  cookieSecret: string
}

/** Opens `keys.json` in the directory, making the keys at first; without a directory they live as long as the process. */
export async function openKeys(realm: string, directory: string | undefined): Promise<Keys> {
  const path = directory === undefined ? undefined : join(directory, 'keys.json')
  const save = () => path !== undefined && writeWhole(path, JSON.stringify(file))
  const known = path === undefined ? undefined : readKeyFile(path)
  const file: KeyFile = known ?? {
    signing: [await certifiedKey(realm)],
    encryption: await certifiedKey(realm),
    refresh_secret: randomBytes(64).toString('base64url'),
    cookie_secret: randomBytes(32).toString('base64url'),
  }
  if (known === undefined) save()

  let signing = await Promise.all(file.signing.map(signingKey))
  const encryption = await publicJwk(file.encryption, { use: 'enc', alg: 'RSA-OAEP' })
  let verification = await Promise.all(file.signing.map((key) => publicJwk(key, { use: 'sig', alg: 'RS256' })))

  return {
    current: () => signing[0] as SigningKey,
    find: (kid) => signing.find((key) => key.kid === kid),
    // The encryption key comes first, as in Keycloak: a reader that takes the first key it sees fails here too.
    published: () => ({ keys: [encryption, ...verification] }),
    async rotate() {
      const added = await certifiedKey(realm)
      file.signing.unshift(added)
      signing = [await signingKey(added), ...signing]
      verification = [await publicJwk(added, { use: 'sig', alg: 'RS256' }), ...verification]
      save()
    },
    refreshSecret: Buffer.from(file.refresh_secret, 'base64url'),
    cookieSecret: file.cookie_secret,
  }
}

function readKeyFile(path: string): KeyFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function certifiedKey(realm: string): Promise<CertifiedKey> {
  const notAfterDate = new Date()
  notAfterDate.setFullYear(notAfterDate.getFullYear() + CERTIFICATE_YEARS)
  const made = await generate([{ name: 'commonName', value: realm }], {
    keySize: 2048,
    algorithm: 'sha256',
    notAfterDate,
  })
  return { private_key: made.private, certificate: made.cert }
}

async function signingKey(key: CertifiedKey): Promise<SigningKey> {
  const privateKey = createPrivateKey(key.private_key)
  const publicKey = createPublicKey(key.certificate)
  return { kid: await calculateJwkThumbprint(await exportJWK(publicKey)), privateKey, publicKey }
}

async function publicJwk(key: CertifiedKey, purpose: { use: string; alg: string }): Promise<JWK> {
  const certificate = new X509Certificate(key.certificate)
  const jwk = await exportJWK(certificate.publicKey)
  const thumbprint = (digest: string) => Buffer.from(digest.replaceAll(':', ''), 'hex').toString('base64url')
  return {
    kid: await calculateJwkThumbprint(jwk),
    ...jwk,
    ...purpose,
    x5c: [certificate.raw.toString('base64')],
    x5t: thumbprint(certificate.fingerprint),
    'x5t#S256': thumbprint(certificate.fingerprint256),
  }
}
