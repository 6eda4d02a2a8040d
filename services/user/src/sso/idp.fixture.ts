import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { generate } from 'selfsigned'

const CLIENT_ID = 'sso'
export const ISSUER = 'https://sso.example.com'

/** An IdP known by its certificate, and the id_tokens it signs: honest ones, and any other. */
export async function testIdp() {
  const { cert, private: pem } = await generate([{ name: 'commonName', value: 'idp' }], { keySize: 2048 })
  const privateKey = createPrivateKey(pem)
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-idp-'))
  const pemFile = join(folder, 'cert.pem')
  const derFile = join(folder, 'cert.cer')
  writeFileSync(pemFile, cert)
  writeFileSync(derFile, new X509Certificate(cert).raw)
  const foreignKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

  return {
    pemFile,
    derFile,
    env: (certFile: string) => ({
      IDP_ENTITY_ID: `${ISSUER}/login`,
      IDP_TOKEN_ISSUER: ISSUER,
      IDP_CLIENT_ID: CLIENT_ID,
      IDP_CERT_FILE: certFile,
    }),
    foreignKey,
    /** The fields of the form_post that answers `login`; `claims` replace or, undefined, leave out what it says. */
    async answer(login: URL, claims: Record<string, unknown> = {}, key: KeyObject = privateKey, header = {}) {
      const state = login.searchParams.get('state') ?? ''
      const code = `code-${state}`
      const now = Math.floor(Date.now() / 1000)
      const honest = {
        iss: ISSUER,
        aud: CLIENT_ID,
        sub: 'e-1001',
        nonce: login.searchParams.get('nonce'),
        c_hash: createHash('sha256').update(code).digest().subarray(0, 16).toString('base64url'),
        iat: now,
        exp: now + 300,
        loginid: 'syngha.han',
        mail: 'syngha.han@example.com',
        username: '한승하',
        username_en: 'Syngha Han',
        deptname: '플랫폼개발팀',
        deptname_en: 'Platform Development',
      }
      const id_token = await new SignJWT({ ...honest, ...claims })
        .setProtectedHeader({ alg: 'RS256', ...header })
        .sign(key)
      return { state, code, id_token }
    },
  }
}
