import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { CaseRole } from '@munjigi/contracts/case-roles'
import { createServer } from '@munjigi/server/create-server'
import { openApi } from '@munjigi/server/openapi'
import { testIssuer } from '@munjigi/testing/issuer'
import { requireCaseRole } from './case-roles.ts'
import { platformIssuer } from './issuers.ts'
import { requirePermission } from './permissions.ts'
import { identity } from './user-context.ts'
import { createVerifier } from './verifier.ts'

const platform = await testIssuer()
const keycloak = await testIssuer()
const keycloakRules = { algorithms: ['RS256' as const], people: 'shared' as const, audiences: ['munjigi'] }
const verifier = createVerifier({
  issuers: [
    platformIssuer({ issuer: platform.issuer, audience: 'munjigi', jwksUri: platform.jwksUri }),
    { ...keycloakRules, issuer: keycloak.issuer, jwks_uri: keycloak.jwksUri, unknown_people: 'allow' },
  ],
})

/** The live roles of `lee`, and whom and what they were asked for. */
const roles: Record<string, CaseRole> = { mine: 'trustee', reviewed: 'reviewer', seen: 'viewer' }
const asked: string[] = []
const live = {
  roleIn: async ({ sub }: { sub: string }, caseId: string) => {
    asked.push(`${sub} ${caseId}`)
    return Object.hasOwn(roles, caseId) ? roles[caseId] : undefined
  },
}
const anyRole = ['trustee', 'reviewer', 'viewer'] as const

const app = createServer({ name: 'test', logLevel: 'silent' })
app.register(async (scope) => {
  identity(scope, { verifier })
  await openApi(scope, '/openapi.json', { title: 'cases', description: 'about cases' })
  const ok = async () => ({ ok: true })
  const read = requireCaseRole({ permission: 'case:read', roles: anyRole }, live)
  const write = requireCaseRole({ permission: 'case:write', roles: ['trustee'] }, { ...live, param: 'id' })
  const approve = requireCaseRole([{ roles: ['reviewer'] }, { permission: 'process:approve', roles: anyRole }], live)
  scope.delete('/cases/:case_id', { preHandler: requirePermission('case:delete') }, ok)
  scope.get('/cases/:case_id', { preHandler: read }, ok)
  scope.put('/cases/:id', { preHandler: [write] }, ok)
  scope.post('/cases/:case_id/approval', { preHandler: approve }, ok)
  scope.get('/nameless', { preHandler: read }, ok)
})
await app.ready()
after(async () => {
  await app.close()
  verifier.close()
  await Promise.all([platform.close(), keycloak.close()])
})

const send = async (method: 'GET' | 'PUT' | 'POST' | 'DELETE', url: string, token: string) => {
  const headers = { authorization: `Bearer ${token}`, 'x-user-sub': 'lee' }
  const answer = await app.inject({ method, url, headers })
  return answer.statusCode === 200 ? '200' : `${answer.statusCode} ${answer.json().type} ${answer.json().detail}`
}
const holding = (...permissions: string[]) => platform.token({ sub: 'lee', role: 'staff', permissions })
const REFUSED = {
  permission: (name: string) => `403 /problems/permission-required Permission '${name}' required`,
  role: (names: string) => `403 /problems/case-role-required Case role ${names} required`,
}

test('a permission is asked of a platform token, and nothing else has any', async () => {
  const remove = (token: string) => send('DELETE', '/cases/mine', token)
  const foreign = keycloak.token({ sub: 'lee', typ: 'Bearer', role: 'ADMIN', permissions: ['case:delete'] })

  assert.equal(await remove(holding('case:delete')), '200')
  assert.equal(await remove(holding('case:read')), REFUSED.permission('case:delete'))
  const text = platform.token({ sub: 'lee', role: 'staff', permissions: 'case:delete' })
  assert.equal(await remove(text), REFUSED.permission('case:delete'))
  for (const [method, url] of [['DELETE', '/cases/mine'] as const, ['GET', '/cases/mine'] as const])
    assert.match(await send(method, url, foreign), /^403 \/problems\/platform-token-required/)
  assert.equal((await app.inject({ method: 'DELETE', url: '/cases/mine' })).statusCode, 401)
})

test('a permission that is not in the matrix stops the start', () => {
  assert.throws(() => requirePermission('case:wirte'), /case:wirte/)
  assert.throws(() => requireCaseRole({ permission: 'constructor', roles: [] }, live), /constructor/)
})

test('a case role alone does not do, nor the permission alone: both are needed', async () => {
  const [reader, writer] = [holding('case:read'), holding('case:read', 'case:write')]
  const table: [method: 'GET' | 'PUT', id: string, token: string, answer: string][] = [
    ['GET', 'seen', reader, '200'],
    ['GET', 'mine', holding('case:write'), REFUSED.permission('case:read')],
    ['GET', 'other', reader, REFUSED.role(`'trustee' or 'reviewer' or 'viewer'`)],
    ['GET', 'constructor', reader, REFUSED.role(`'trustee' or 'reviewer' or 'viewer'`)],
    ['PUT', 'mine', writer, '200'],
    ['PUT', 'mine', reader, REFUSED.permission('case:write')],
    ['PUT', 'reviewed', writer, REFUSED.role(`'trustee'`)],
    ['PUT', 'seen', writer, REFUSED.role(`'trustee'`)],
  ]

  for (const [method, id, token, answer] of table) assert.equal(await send(method, `/cases/${id}`, token), answer)
})

test('of several ways one is enough, and the refusal names the roles of those still open', async () => {
  const approve = (id: string, token: string) => send('POST', `/cases/${id}/approval`, token)
  const [plain, approver] = [holding(), holding('process:approve')]

  assert.equal(await approve('reviewed', plain), '200')
  assert.equal(await approve('mine', plain), REFUSED.role(`'reviewer'`))
  assert.equal(await approve('seen', approver), '200')
  assert.equal(await approve('other', approver), REFUSED.role(`'reviewer' or 'trustee' or 'viewer'`))
})

test('admin and ADMIN pass without being asked about, and nobody does who only looks like one', async () => {
  asked.length = 0
  for (const role of ['admin', 'ADMIN'])
    assert.equal(await send('PUT', '/cases/other', platform.token({ sub: 'lee', role, permissions: [] })), '200')
  assert.deepEqual(asked, [])

  for (const role of ['Admin', 'administrator', ['admin'], undefined])
    assert.equal(
      await send('PUT', '/cases/mine', platform.token({ sub: 'lee', role, permissions: [] })),
      REFUSED.permission('case:write'),
    )
})

test('roles are asked of the case in the path, once, and not of who lacks the permission anyway', async () => {
  asked.length = 0
  await send('GET', '/cases/seen', holding('case:read'))
  await send('PUT', '/cases/mine', holding('case:read'))

  assert.deepEqual(asked, ['lee seen'])
})

test('a route without the parameter lets nobody through but admins', async () => {
  assert.match(await send('GET', '/nameless', holding('case:read')), /^500 /)
})

test('the OpenAPI of a route shows what it needs', async () => {
  const { paths } = (await app.inject('/openapi.json')).json()
  const { get, delete: remove } = paths['/cases/{case_id}']
  const approve = paths['/cases/{case_id}/approval'].post

  assert.deepEqual([get['x-permission'], get['x-case-role']], ['case:read', [...anyRole]])
  assert.deepEqual([remove['x-permission'], remove['x-case-role']], ['case:delete', undefined])
  assert.deepEqual(approve['x-any-of'], [
    { 'x-case-role': ['reviewer'] },
    { 'x-permission': 'process:approve', 'x-case-role': [...anyRole] },
  ])
})
