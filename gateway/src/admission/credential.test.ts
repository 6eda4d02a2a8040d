import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '@munjigi/problem'
import { readCaller } from './credential.ts'

const ADDRESS = '203.0.113.1'

const refusalOf = (read: () => unknown): string | undefined => {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof Problem) return `${error.status} ${error.type}`
    throw error
  }
}

const AUTHORIZATIONS: [values: string[], result: string][] = [
  [['Bearer a.b.c'], 'a.b.c'],
  [['bearer a.b.c'], 'a.b.c'],
  [['BEARER   a.b.c'], 'a.b.c'],
  [['Bearer mj_key'], 'mj_key'],
  [['Bearer'], '401 token-missing'],
  [['Bearer '], '401 token-missing'],
  [[''], '401 token-missing'],
  [['Basic YTpi'], '401 token-missing'],
  [['Token a.b.c'], '401 token-missing'],
  [['Bearera.b.c'], '401 token-missing'],
  [['a.b.c'], '401 token-missing'],
  [['Bearer a.b.c x'], '401 token-invalid'],
  [['Bearer a.b.c, Bearer d.e.f'], '400 two-credentials'],
  [['Basic YTpi, Bearer a.b.c'], '400 two-credentials'],
  [['Bearer a.b.c,d.e.f'], '400 two-credentials'],
  [['Bearer a.b.c', 'Bearer a.b.c'], '400 two-credentials'],
  [['Bearer a.b.c', 'Basic YTpi'], '400 two-credentials'],
  [['Basic YTpi', 'Basic YTpi'], '400 two-credentials'],
  [['', 'Bearer a.b.c'], '400 two-credentials'],
]

for (const [values, result] of AUTHORIZATIONS)
  test(`Authorization ${JSON.stringify(values)} is ${result}`, () => {
    const headers = values.flatMap((value, index) => [index === 0 ? 'Authorization' : 'AUTHORIZATION', value])
    const read = () => readCaller(['Host', 'x', ...headers], ADDRESS)

    assert.equal(refusalOf(read) ?? read().credential, result)
  })

test('a request without a credential is from nobody, whatever its headers look like', () => {
  const { credential, userSub } = readCaller(
    ['Proxy-Authorization', 'Bearer a', 'X_User_Sub', 'kim', 'Cookie', 'a=b'],
    ADDRESS,
  )

  assert.deepEqual([credential, userSub], [undefined, undefined])
})

test('X-User-Sub and X-Tenant-Id are read in any case, and once', () => {
  const { userSub, tenantId } = readCaller(['x-USER-sub', 'kim', 'X-TENANT-ID', 't'], ADDRESS)

  assert.deepEqual([userSub, tenantId], ['kim', 't'])
  for (const name of ['X-User-Sub', 'X-Tenant-Id'])
    assert.equal(
      refusalOf(() => readCaller([name, 'kim', name.toLowerCase(), 'kim'], ADDRESS)),
      '400 ambiguous-header',
    )
})

test('a token of a handshake is the credential, if it is the only one', () => {
  assert.equal(readCaller([], ADDRESS, ['a.b.c']).credential, 'a.b.c')
  assert.equal(
    refusalOf(() => readCaller([], ADDRESS, ['a', 'a'])),
    '400 two-credentials',
  )
  assert.equal(
    refusalOf(() => readCaller(['Authorization', 'Bearer a'], ADDRESS, ['a'])),
    '400 two-credentials',
  )
  assert.equal(
    refusalOf(() => readCaller(['Authorization', 'Basic YTpi'], ADDRESS, ['a'])),
    '400 two-credentials',
  )
  assert.equal(
    refusalOf(() => readCaller([], ADDRESS, [''])),
    '401 token-missing',
  )
  assert.equal(
    refusalOf(() => readCaller([], ADDRESS, ['a b'])),
    '401 token-invalid',
  )
})
