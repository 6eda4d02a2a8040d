import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import { refusalOf } from '../outcome.fixture.ts'
import { CLIENT, seconds, verifierOf } from '../relay.fixture.ts'
import { verifyLogoutToken } from './logout-token.ts'

const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} }

async function setUp(t: TestContext, now = Date.now) {
  const issuer = await testIssuer()
  const verifier = await verifierOf(t, issuer, now)
  const store = testStore()
  t.after(() => Promise.all([store.close(), issuer.close()]))
  /** As Keycloak makes them (KEYCLOAK.md §10), but for the changes. */
  const token = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
    issuer.token(
      {
        aud: CLIENT,
        sub: 'kim',
        sid: 'session',
        typ: 'Logout',
        events: EVENTS,
        jti: randomUUID(),
        exp: seconds() + 120,
        ...claims,
      },
      { typ: 'logout+jwt', ...header },
    )
  const verify = (text: string) => verifyLogoutToken(text, { idp: { clientId: CLIENT }, verifier, store, now })
  const judged = (text: string) => verify(text).then(({ sub, sid }) => `${sub} ${sid}`, refusalOf)
  return { issuer, store, token, verify, judged }
}

test('a logout token says whose session ended', async (t) => {
  const { token, verify, judged } = await setUp(t)
  const iat = seconds() - 5
  const { giveBack: _, ...ended } = await verify(token({ iat }))

  assert.deepEqual(ended, { sub: 'kim', sid: 'session', iat })
  assert.equal(await judged(token({ sid: undefined, aud: ['other', CLIENT] })), 'kim undefined')
  assert.equal(await judged(token({ typ: undefined })), 'kim session')
  assert.equal(await judged(token({}, { typ: 'JWT' })), 'kim session')
})

test('what is no logout token of the issuer, for this client, of now, is refused', async (t) => {
  const { issuer, token, judged } = await setUp(t)
  const forger = await testIssuer({ issuer: issuer.issuer, kid: issuer.kid })
  const stranger = await testIssuer()
  t.after(() => Promise.all([forger.close(), stranger.close()]))
  const claims = { aud: CLIENT, sub: 'kim', typ: 'Logout', events: EVENTS }
  const tokens = {
    nothing: '',
    'no token': 'x.y.z',
    'by another key': forger.token(claims, { typ: 'logout+jwt' }),
    'of another issuer': stranger.token(claims, { typ: 'logout+jwt' }),
    unsigned: token({}, { alg: 'none' }),
    'an access token': issuer.token({ aud: CLIENT, azp: CLIENT, typ: 'Bearer' }),
    'an id token with the event': token({ typ: 'ID' }),
    'unmarked as a logout token': token({ typ: undefined }, { typ: 'JWT' }),
    'for another client': token({ aud: 'sso' }),
    'for nobody': token({ aud: undefined }),
    'with a nonce': token({ nonce: 'n' }),
    'without events': token({ events: undefined }),
    'with another event': token({ events: { other: {} } }),
    'with events that are no object': token({ events: 'http://schemas.openid.net/event/backchannel-logout' }),
    ended: token({ iat: seconds() - 200, exp: seconds() - 60 }),
    'of long ago, for long': token({ iat: seconds() - 3600, exp: seconds() + 3600 }),
    'from the future': token({ iat: seconds() + 600, exp: seconds() + 700 }),
    'without an end': token({ exp: undefined }),
    'without a beginning': token({ iat: undefined }),
    'about nobody': token({ sub: undefined }),
    'about no text': token({ sub: 7 }),
    'with a session that is no text': token({ sid: 7 }),
    'without a jti': token({ jti: undefined }),
    'with an endless jti': token({ jti: 'x'.repeat(256) }),
  }

  for (const [what, text] of Object.entries(tokens)) assert.equal(await judged(text), '400 logout-token-invalid', what)
})

test('a logout token is taken once', async (t) => {
  const { token, judged } = await setUp(t)
  const text = token()
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => judged(text)))

  assert.deepEqual(outcomes.sort(), [...Array(19).fill('400 logout-token-invalid'), 'kim session'])
})

test('a clock that is ten minutes off is told of', async (t) => {
  const { token, verify } = await setUp(t, () => Date.now() + 600_000)

  await assert.rejects(verify(token()), { type: 'logout-token-invalid', detail: /look at the clocks/ })
})

test('without the store no logout token is taken for new', async (t) => {
  const { store, token, verify } = await setUp(t)
  await store.close()

  await assert.rejects(verify(token()))
})
