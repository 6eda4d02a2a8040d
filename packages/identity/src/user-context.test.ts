import assert from 'node:assert/strict'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { createServer } from '@munjigi/server/create-server'
import { testIssuer } from '@munjigi/testing/issuer'
import { platformIssuer } from './issuers.ts'
import { identity, requireUser } from './user-context.ts'
import { createVerifier } from './verifier.ts'

const platform = await testIssuer()
const keycloak = await testIssuer()
const outside = await testIssuer({ algorithm: 'ES256' })
const further = { algorithms: ['RS256' as const], unknown_people: 'allow' as const }
const verifier = createVerifier({
  issuers: [
    platformIssuer({ issuer: platform.issuer, audience: 'munjigi', jwksUri: platform.jwksUri }),
    {
      ...further,
      issuer: keycloak.issuer,
      jwks_uri: keycloak.jwksUri,
      people: 'shared',
      authorized_parties: ['kakao-bot'],
    },
    {
      ...further,
      issuer: outside.issuer,
      algorithms: ['ES256'],
      name: 'company',
      people: 'own',
      audiences: ['munjigi'],
    },
  ],
})

const app = createServer({ name: 'test', logLevel: 'silent' })
app.get('/beside', async ({ user }) => ({ user: user ?? null }))
app.register(async (scope) => {
  identity(scope, { verifier })
  scope.get('/me', async (request) => {
    const user = requireUser(request)
    return {
      sub: user.sub,
      subject: request.subject,
      tenant: user.tenantId,
      role: user.role,
      permissions: [...user.permissions],
      cases: user.caseRoles && Object.fromEntries(user.caseRoles),
      global: user.hasRealmRole('global_admin'),
      meal: user.hasClientRole('meal-service', 'meal_admin'),
      proto: user.hasClientRole('__proto__', 'x') || user.hasClientRole('constructor', 'x'),
    }
  })
  scope.get('/public', { config: { access: 'public' } }, async ({ user }) => ({ sub: user?.sub ?? null }))
  scope.get('/open', { config: { access: 'open' } }, async (request) => ({
    sub: request.user?.sub ?? null,
    asked: requireUser(request).sub,
  }))
  scope.get('/open-plain', { config: { access: 'open' } }, async ({ user }) => ({ sub: user?.sub ?? null }))
})
await app.listen({ port: 0, host: '127.0.0.1' })
after(async () => {
  await app.close()
  verifier.close()
  await Promise.all([platform.close(), keycloak.close(), outside.close()])
})

const lee = { sub: 'lee' }
const bearer = (token: string, sub?: string) => ({
  authorization: `Bearer ${token}`,
  ...(sub !== undefined && { 'x-user-sub': sub }),
})
const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })
type Answer = Awaited<ReturnType<typeof get>>
const refusal = (answer: Answer) => [answer.statusCode, answer.json().type]

/** Headers sent line by line as they stand; answers the status and the problem type. */
async function raw(url: string, ...lines: string[]): Promise<unknown[]> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write([`GET ${url} HTTP/1.1`, 'host: x', 'connection: close', ...lines, '', ''].join('\r\n'))
  const answer = await text(socket)
  return [Number(answer.slice(9, 12)), /"type":"([^"]*)"/.exec(answer)?.[1]]
}

test('a user is who the token says, with tenant, role and permissions of ours', async () => {
  const token = platform.token({
    ...lee,
    role: 'manager',
    permissions: ['case:read', 7],
    case_roles: { c1: 'trustee', c2: 'owner', c3: ['viewer'], __proto__: 'viewer' },
    realm_access: { roles: ['global_admin'] },
    resource_access: { 'meal-service': { roles: ['meal_admin'] } },
  })

  assert.deepEqual((await get('/me', bearer(token, 'lee'))).json(), {
    sub: 'lee',
    subject: 'lee',
    tenant: '00000000-0000-4000-8000-000000000001',
    role: 'manager',
    permissions: ['case:read'],
    cases: { c1: 'trustee' },
    global: true,
    meal: true,
    proto: false,
  })
})

test('where there are more case roles than fit into a token nobody reads that there are none', async () => {
  const ref = platform.token({ ...lee, case_roles: {}, case_roles_ref: true })
  const cases = async (token: string) => (await get('/me', bearer(token, 'lee'))).json().cases

  assert.equal(await cases(ref), undefined)
  for (const case_roles of [undefined, null, 'trustee', ['trustee']])
    assert.deepEqual(await cases(platform.token({ ...lee, case_roles })), {})
})

test('a route that says nothing demands a token', async () => {
  assert.deepEqual(refusal(await get('/me')), [401, '/problems/token-missing'])
  assert.equal((await get('/me')).headers['www-authenticate'], 'Bearer')
})

test('credentials of another kind are no token', async () => {
  const token = platform.token(lee)
  for (const authorization of [
    '',
    'Basic bGVlOng=',
    token,
    `Bearer`,
    `Bearer ${token} x`,
    `Bearer a, Bearer ${token}`,
    `Token ${token}`,
  ])
    assert.deepEqual(
      refusal(await get('/me', { authorization, 'x-user-sub': 'lee' })),
      [401, '/problems/token-missing'],
      authorization.slice(0, 20),
    )
})

test('a token that does not hold is 401 with its reason', async () => {
  const forger = await testIssuer({ issuer: platform.issuer, kid: platform.kid })
  const past = Math.floor(Date.now() / 1000) - 3600
  const cases: [string, string][] = [
    [forger.token(lee), 'token-invalid'],
    [platform.token({ ...lee, aud: 'another' }), 'token-invalid'],
    [platform.token(lee, { alg: 'none' }), 'token-invalid'],
    [platform.token({ ...lee, iss: keycloak.issuer }), 'token-invalid'],
    [platform.token({ ...lee, exp: undefined }), 'token-invalid'],
    [platform.token({ ...lee, exp: past }), 'token-expired'],
    ['a.b.c', 'token-invalid'],
  ]
  for (const [token, type] of cases)
    assert.deepEqual(refusal(await get('/me', bearer(token, 'lee'))), [401, `/problems/${type}`])
  await forger.close()
})

test("a token that does not hold is told so in source 003's words, and why beside them", async () => {
  const answer = await get('/me', bearer(platform.token({ ...lee, aud: 'another' }), 'lee'))
  const { detail, reason } = answer.json()

  assert.deepEqual([detail, reason], ['Invalid token', 'The token was issued for another audience'])
  assert.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"')
})

test("a token that has expired is told so in source 003's words", async () => {
  const past = Math.floor(Date.now() / 1000) - 3600
  const answer = await get('/me', bearer(platform.token({ ...lee, exp: past }), 'lee'))

  assert.equal(answer.json().detail, 'Token expired')
})

test('X-User-Sub must be there and be the subject, letter by letter', async () => {
  const token = platform.token(lee)

  assert.deepEqual(refusal(await get('/me', bearer(token))), [401, '/problems/user-sub-missing'])
  for (const other of ['choi', 'Lee', 'lee2', ' ', 'lee,lee'])
    assert.deepEqual(refusal(await get('/me', bearer(token, other))), [401, '/problems/user-sub-mismatch'], other)
})

test('a header sent twice has two readings and is 400, whichever of them is right', async () => {
  const token = platform.token(lee)
  const good = [`authorization: Bearer ${token}`, 'x-user-sub: lee']

  assert.deepEqual(await raw('/me', ...good, 'X-User-Sub: choi'), [400, '/problems/ambiguous-header'])
  assert.deepEqual(await raw('/me', ...good, 'X-USER-SUB: lee'), [400, '/problems/ambiguous-header'])
  assert.deepEqual(await raw('/me', ...good, 'Authorization: Bearer x'), [400, '/problems/ambiguous-header'])
  assert.deepEqual((await raw('/me', ...good))[0], 200)
})

test('another spelling of X-User-Sub is not read', async () => {
  const token = platform.token(lee)
  for (const name of ['x_user_sub', 'x.user.sub', 'x-user-id'])
    assert.deepEqual(
      refusal(await get('/me', { ...bearer(token), [name]: 'lee' })),
      [401, '/problems/user-sub-missing'],
      name,
    )
})

test("another tenant than the token's is 403, and a token without a tenant has none to match", async () => {
  const tenant = '00000000-0000-4000-8000-000000000001'
  const asked = (token: string, id: string) => get('/me', { ...bearer(token, 'lee'), 'x-tenant-id': id })
  const refused = await asked(platform.token(lee), '00000000-0000-4000-8000-000000000002')
  const without = await asked(keycloak.token({ ...lee, azp: 'kakao-bot', typ: 'Bearer' }), tenant)

  assert.deepEqual(refusal(refused), [403, '/problems/tenant-mismatch'])
  assert.equal(refused.json().detail, 'Tenant mismatch')
  assert.equal((await asked(platform.token(lee), tenant)).statusCode, 200)
  assert.deepEqual(refusal(without), [403, '/problems/tenant-mismatch'])
})

test('a public route takes no token, a good one and no bad one', async () => {
  assert.deepEqual((await get('/public')).json(), { sub: null })
  assert.deepEqual((await get('/public', { 'x-user-sub': 'park' })).json(), { sub: null })
  assert.deepEqual((await get('/public', bearer(platform.token(lee), 'lee'))).json(), { sub: 'lee' })
  assert.deepEqual(refusal(await get('/public', bearer('x.y.z', 'lee'))), [401, '/problems/token-invalid'])
  assert.deepEqual(refusal(await get('/public', { authorization: '' })), [401, '/problems/token-missing'])
  assert.deepEqual(refusal(await get('/public', bearer(platform.token(lee), 'park'))), [
    401,
    '/problems/user-sub-mismatch',
  ])
})

test('an open route reads no Authorization, and a user asked for there is missing', async () => {
  assert.deepEqual((await get('/open-plain', bearer('x.y.z', 'park'))).json(), { sub: null })
  assert.deepEqual((await get('/open-plain', bearer(platform.token(lee), 'lee'))).json(), { sub: null })
  assert.deepEqual(refusal(await get('/open', bearer(platform.token(lee), 'lee'))), [401, '/problems/token-missing'])
})

test('routes outside the scope are none of its business', async () => {
  assert.deepEqual((await get('/beside', bearer('x.y.z'))).json(), { user: null })
})

test('a shared issuer names our people, but has neither roles nor permissions nor tenants of ours', async () => {
  const token = keycloak.token({
    ...lee,
    azp: 'kakao-bot',
    typ: 'Bearer',
    role: 'ADMIN',
    permissions: ['case:write'],
    case_roles: { c1: 'trustee' },
  })
  const me = (await get('/me', bearer(token, 'lee'))).json()

  assert.deepEqual([me.sub, me.role, me.permissions, me.cases, me.tenant], ['lee', undefined, [], {}, undefined])
})

test('people of another issuer are called by its name and meet nobody of ours', async () => {
  const token = outside.token({ sub: 'park', realm_access: { roles: ['global_admin'] } })

  assert.deepEqual(refusal(await get('/me', bearer(token, 'park'))), [401, '/problems/user-sub-mismatch'])
  assert.equal((await get('/me', bearer(token, 'company|park'))).json().sub, 'company|park')
  const pretender = platform.token({ sub: 'company|park' })
  assert.deepEqual(refusal(await get('/me', bearer(pretender, 'company|park'))), [401, '/problems/token-invalid'])
})

test('a role counts only where the issuer names our people', async () => {
  const roles = {
    realm_access: { roles: ['global_admin'] },
    resource_access: { 'meal-service': { roles: ['meal_admin'] } },
  }
  const rolesOf = async (token: string, sub: string) => {
    const { global, meal } = (await get('/me', bearer(token, sub))).json()
    return [global, meal]
  }

  assert.deepEqual(await rolesOf(outside.token({ sub: 'park', ...roles }), 'company|park'), [false, false])
  const shared = keycloak.token({ ...lee, ...roles, azp: 'kakao-bot', typ: 'Bearer' })
  assert.deepEqual(await rolesOf(shared, 'lee'), [true, true])
})

test('role claims of an odd shape give no role', async () => {
  const odd: [unknown, unknown][] = [
    [null, null],
    ['global_admin', 'meal_admin'],
    [['global_admin'], ['meal_admin']],
    [{ roles: 'global_admin' }, { 'meal-service': { roles: 'meal_admin' } }],
    [{ roles: { 0: 'global_admin' } }, { 'meal-service': ['meal_admin'] }],
  ]
  for (const [realm_access, resource_access] of odd) {
    const me = (await get('/me', bearer(platform.token({ ...lee, realm_access, resource_access }), 'lee'))).json()

    assert.deepEqual([me.global, me.meal], [false, false], JSON.stringify(realm_access))
  }
})

test('a service whose issuer never answered says 503 and not 401', async (t) => {
  const silent = await testIssuer()
  silent.answerWith((_request, response) => response.writeHead(500).end())
  const cold = createVerifier({
    issuers: [platformIssuer({ issuer: silent.issuer, audience: 'munjigi', jwksUri: silent.jwksUri })],
  })
  const other = createServer({ name: 'test', logLevel: 'silent' })
  identity(other, { verifier: cold })
  other.get('/me', async () => ({ ok: true }))
  t.after(async () => {
    cold.close()
    await Promise.all([other.close(), silent.close()])
  })

  const answer = await other.inject({ url: '/me', headers: bearer(silent.token(lee), 'lee') })
  assert.deepEqual(refusal(answer), [503, '/problems/keys-unavailable'])
  assert.equal(answer.headers['retry-after'], '5')
})
