import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { SEEDED_PASSWORD, testProvider } from '@munjigi/testing/provider'
import { providerProxy } from '@munjigi/testing/provider-proxy'
import { testUpstream } from '@munjigi/testing/upstream'
import * as client from 'openid-client'
import { openIdProvider, originAt, ProviderError } from './openid-provider.ts'

const REDIRECT_URI = 'http://localhost/callback'
const nonce = 'n'.repeat(43)
const pkceCodeVerifier = client.randomPKCECodeVerifier()

/** A client of a provider whose requests are counted. */
async function openClient(t: TestContext, options: { realm?: object } = {}) {
  const idp = await testProvider(options)
  const proxy = await providerProxy(idp.issuer)
  t.after(() => Promise.all([idp.close(), proxy.close()]))
  const { id, secret } = idp.clients['kakao-bot']
  const provider = openIdProvider({
    issuer: idp.issuer,
    clientId: id,
    clientSecret: secret,
    timeoutS: 5,
    reachedAt: originAt(idp.issuer, proxy.url),
    execute: [client.enableNonRepudiationChecks],
  })
  const exchange = async (heard?: (body: string) => void) => {
    const code_challenge = await client.calculatePKCECodeChallenge(pkceCodeVerifier)
    const login = await provider.use((configuration) =>
      client.buildAuthorizationUrl(configuration, {
        redirect_uri: REDIRECT_URI,
        scope: 'openid offline_access',
        code_challenge,
        code_challenge_method: 'S256',
        nonce,
      }),
    )
    const { fields } = await idp.signIn('user.lee', SEEDED_PASSWORD, login.href)
    const answer = new URL(`${REDIRECT_URI}?${new URLSearchParams(fields)}`)
    return provider.use(
      (configuration) =>
        client.authorizationCodeGrant(configuration, answer, { pkceCodeVerifier, expectedNonce: nonce }),
      heard,
    )
  }
  return { idp, proxy, provider, exchange }
}

test('a code whose answer is signed by a new key is exchanged once, and its answer checked anew', async (t) => {
  const { idp, proxy, exchange } = await openClient(t, { realm: {} })
  await exchange()
  await idp.rotateKeys()
  const bodies: string[] = []
  // Past the 5 s in which it is not discovered anew.
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 6_000 })
  const tokens = await exchange((body) => bodies.push(body))

  assert.equal(proxy.count('openid-configuration'), 2)
  assert.equal(proxy.count('authorization_code'), 2)
  assert.equal(bodies.length, 1)
  assert.equal(JSON.parse(bodies[0] ?? '').refresh_token, tokens.refresh_token)
})

test('what the token endpoint said is heard even where it is refused', async (t) => {
  const { proxy, exchange } = await openClient(t)
  await exchange()
  proxy.always('authorization_code', { status: 200, body: '{"refresh_token":"kept","token_type":"Bearer"}' })
  let heard = ''
  const refused = exchange((body) => {
    heard = body
  })

  await assert.rejects(refused, (error) => error instanceof ProviderError && error.kind === 'invalid')
  assert.equal(JSON.parse(heard).refresh_token, 'kept')
})

test('two questions at once have each their own answer', async (t) => {
  const { exchange } = await openClient(t)
  const heard: string[] = []
  const both = await Promise.all([exchange((body) => heard.push(body)), exchange((body) => heard.push(body))])

  assert.notEqual(both[0].refresh_token, both[1].refresh_token)
  assert.equal(heard.length, 2)
})

test('a provider that does not answer, or answers HTML or 500, is unreachable', async (t) => {
  const { proxy, provider } = await openClient(t)
  for (const fault of ['cut', { status: 500, body: '{}' }, { status: 200, body: '<h1>', type: 'text/html' }] as const) {
    proxy.next('openid-configuration', fault)
    await assert.rejects(
      provider.use(() => 'never'),
      (error) => error instanceof ProviderError && error.kind === 'unreachable',
    )
  }

  assert.equal(await provider.use(() => 'again'), 'again')
})

test('an answer without end is left when it is larger than 1 MB, packed ones by what they unpack to', async (t) => {
  const endless = (response: ServerResponse) => {
    const write = () => !response.destroyed && response.write(' '.repeat(64 * 1024)) && setImmediate(write)
    response.on('drain', write).on('error', () => {})
    write()
  }
  const packed = (response: ServerResponse) =>
    void response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')))
  for (const answer of [endless, packed]) {
    const left = Promise.withResolvers<void>()
    const upstream = await testUpstream((_, response) => {
      answer(response.setHeader('content-type', 'application/json').on('close', left.resolve))
    })
    t.after(upstream.close)
    const provider = openIdProvider({ issuer: upstream.url, clientId: 'c', clientSecret: 's', timeoutS: 30 })

    await assert.rejects(
      provider.use(() => 'never'),
      (error) => error instanceof ProviderError && error.kind === 'unreachable' && /larger/.test(error.message),
    )
    await left.promise
  }
})

test('a provider whose sign-in page is no address of the web is none', async (t) => {
  const { idp, proxy, provider } = await openClient(t)
  const answer = await fetch(`${idp.issuer}/.well-known/openid-configuration`)
  const discovery = (await answer.json()) as object
  for (const authorization_endpoint of [undefined, 5, '::', '/auth', 'javascript:alert(1)', 'data:text/html,x']) {
    proxy.next('openid-configuration', { status: 200, body: JSON.stringify({ ...discovery, authorization_endpoint }) })
    await assert.rejects(
      provider.use(() => 'never'),
      (error) => error instanceof ProviderError && error.kind === 'unreachable',
    )
  }
})
