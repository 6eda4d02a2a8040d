import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, mock, test } from 'node:test'
import { type Provider, SEEDED_PASSWORD, testProvider } from '@munjigi/testing/provider'
import { decodeJwt } from 'jose'
import { FRONTEND, type TestService, testBrowser, testService } from '../service.fixture.ts'

let provider: Provider
let service: TestService
before(async () => {
  // A realm of its own: whoever else uses the shared one would meet keys that they do not know yet.
  provider = await testProvider({ realm: {} })
  const { id, secret } = provider.clients.sso
  service = await testService({
    env: {
      IDP_ISSUER: provider.issuer,
      IDP_CLIENT_ID: id,
      IDP_CLIENT_SECRET: secret,
      INITIAL_ADMIN_IDS: 'admin.park',
      SSO_TOKEN_DELIVERY: 'token',
    },
  })
})
after(async () => {
  await service.close()
  await provider.close()
})

async function signIn(username: string, at = service.url) {
  const browser = testBrowser(at)
  const login = await browser.begin()
  const { fields, way } = await provider.signIn(username, SEEDED_PASSWORD, login.href)
  assert.equal(way, 'form_post')
  const answer = await browser.callback(fields)
  assert.equal(answer.status, 302, await answer.clone().text())
  const token = new URL(answer.headers.get('location') ?? '').searchParams.get('token') ?? ''
  return { browser, fields, claims: decodeJwt(token) }
}

test("the IdP's person becomes ours, under its subject and with what it tells of them", async () => {
  const { claims } = await signIn('pending.kim')

  assert.equal(claims.role, 'PENDING')
  assert.deepEqual(
    [claims.user_id, claims.email, claims.username_kr, claims.username_en, claims.deptname_en],
    ['pending.kim', 'pending.kim@example.com', '김기다', 'Gida Kim', 'Platform Development'],
  )
  const name = await service.db
    .selectFrom('person_names')
    .selectAll()
    .where('issuer', '=', provider.issuer)
    .where('person_sub', '=', claims.sub as string)
    .executeTakeFirst()
  assert.equal(name?.sub, claims.sub)
})

test("the IdP's roles of this login go into the platform token", async () => {
  const [meal, global] = [await signIn('meal.choi'), await signIn('global.jung')]
  const clients = meal.claims.resource_access as Record<string, { roles: string[] }>

  assert.deepEqual(clients['meal-service'], { roles: ['meal_admin'] })
  assert.ok((global.claims.realm_access as { roles: string[] }).roles.includes('global_admin'))
})

test('who is listed becomes ADMIN', async () => {
  assert.equal((await signIn('admin.park')).claims.role, 'ADMIN')
})

test("the IdP's answer works once", async () => {
  const { browser, fields } = await signIn('user.lee')

  assert.equal((await browser.callback(fields)).status, 400)
})

test('signing out ends our session and, at the IdP with the hint of this very login, its session too', async () => {
  const { browser, claims } = await signIn('user.lee')
  const answer = await browser.get('/api/auth/logout/')
  const target = new URL(answer.headers.get('location') ?? '')
  assert.ok(target.href.startsWith(`${provider.issuer}/protocol/openid-connect/logout?`))
  assert.equal(decodeJwt(target.searchParams.get('id_token_hint') ?? '').sub, claims.sub)
  const atIdp = await fetch(target, { redirect: 'manual' })

  assert.equal(atIdp.status, 302)
  assert.equal(new URL(atIdp.headers.get('location') ?? '').origin, FRONTEND)
  const session = await service.db
    .selectFrom('sessions')
    .select(['ended_at', 'id_token_sealed'])
    .where('sid', '=', claims.sid as string)
    .executeTakeFirstOrThrow()
  assert.ok(session.ended_at instanceof Date)
  assert.equal(session.id_token_sealed, null)
})

test('a new key of the IdP is known at the next sign-in', async (t) => {
  await signIn('user.lee')
  await provider.rotateKeys()
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 6_000 })
  t.after(() => mock.timers.reset())

  await signIn('user.lee')
})

test('the same IdP known by its certificate alone: a subject of our own, and no roles', async (t) => {
  const jwks = await fetch(`${provider.issuer}/protocol/openid-connect/certs`)
  const { keys } = (await jwks.json()) as { keys: { use: string; x5c: string[] }[] }
  const login = await testBrowser(service.url).begin()
  for (const [index, { x5c }] of keys.filter(({ use }) => use === 'sig').entries()) {
    const file = join(mkdtempSync(join(tmpdir(), 'munjigi-idp-')), `cert-${index}.cer`)
    writeFileSync(file, Buffer.from(x5c[0] ?? '', 'base64'))
    const other = await testService({
      env: {
        IDP_ENTITY_ID: login.origin + login.pathname,
        IDP_CLIENT_ID: provider.clients.sso.id,
        IDP_TOKEN_ISSUER: provider.issuer,
        IDP_CERT_FILE: file,
        SSO_TOKEN_DELIVERY: 'token',
      },
    })
    t.after(other.close)
    const browser = testBrowser(other.url)
    const { fields } = await provider.signIn('user.lee', SEEDED_PASSWORD, (await browser.begin()).href)
    const answer = await browser.callback(fields)
    // Of several certificates one belongs to the key that signs now.
    if (answer.status !== 302) continue
    const claims = decodeJwt(new URL(answer.headers.get('location') ?? '').searchParams.get('token') ?? '')
    assert.equal(claims.user_id, 'user.lee')
    assert.notEqual(claims.sub, decodeJwt(fields.id_token ?? '').sub)
    assert.equal(claims.realm_access, undefined)
    return
  }
  assert.fail('no certificate of the IdP verified its id_token')
})
