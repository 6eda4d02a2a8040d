import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'

const VALID_DAYS = 397
const RENEW_WITHIN_MS = 7 * 24 * 3_600_000

export interface Certificate {
  certFile: string
  keyFile: string
}

/** A development certificate for localhost, made once and again a week before it ends; it is its own authority. */
export async function developmentCertificate(folder: string): Promise<Certificate> {
  const files = { certFile: join(folder, 'localhost.crt'), keyFile: join(folder, 'localhost.key') }
  if (isUsable(files)) return files
  const notAfterDate = new Date(Date.now() + VALID_DAYS * 24 * 3_600_000)
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  mkdirSync(folder, { recursive: true })
  writeFileSync(files.keyFile, key, { mode: 0o600 })
  writeFileSync(files.certFile, cert)
  return files
}

function isUsable({ certFile, keyFile }: Certificate): boolean {
  if (!existsSync(certFile) || !existsSync(keyFile)) return false
  const { validToDate } = new X509Certificate(readFileSync(certFile))
  return validToDate.getTime() - Date.now() > RENEW_WITHIN_MS
}
