import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { testIssuer } from './issuer.ts'

/** Fetched for as long as a process may stand still. */
const keysOf = (uri: string) => createRemoteJWKSet(new URL(uri), { cooldownDuration: 0, timeoutDuration: 240_000 })

for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const)
  test(`tokens signed by ${algorithm} verify with the keys that are served`, async (t) => {
    const issuer = await testIssuer({ algorithm })
    t.after(issuer.close)

    const { payload, protectedHeader } = await jwtVerify(
      issuer.token({ sub: 'kim', jti: undefined }),
      keysOf(issuer.jwksUri),
      { issuer: issuer.issuer, audience: 'munjigi', typ: 'at+jwt', algorithms: [algorithm] },
    )

    assert.deepEqual([payload.sub, payload.jti, protectedHeader.kid], ['kim', undefined, issuer.kid])
  })

test('an issuer with the key id of another forges tokens that do not verify', async (t) => {
  const real = await testIssuer()
  const forger = await testIssuer({ issuer: real.issuer, kid: real.kid })
  t.after(() => Promise.all([real.close(), forger.close()]))

  await assert.rejects(jwtVerify(forger.token(), keysOf(real.jwksUri)), {
    code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  })
})

test('after a rotation both keys are published and the endpoint can be made to fail', async (t) => {
  const issuer = await testIssuer()
  t.after(issuer.close)
  const old = issuer.token()
  issuer.rotateKeys()
  const keys = keysOf(issuer.jwksUri)

  await jwtVerify(old, keys)
  await jwtVerify(issuer.token(), keys)
  issuer.answerWith((_request, response) => response.writeHead(500).end())
  await assert.rejects(keys.reload())
  assert.equal(issuer.fetches, 2)
})
