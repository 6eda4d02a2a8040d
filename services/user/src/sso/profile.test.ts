import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProfile } from './profile.ts'

const names = {
  user_id: ['loginid', 'preferred_username'],
  email: ['mail', 'email'],
  username_kr: ['username', 'name'],
  username_en: ['username_en'],
  deptname_kr: ['deptname'],
  deptname_en: ['deptname_en'],
}

const rows: [rule: string, claims: Record<string, unknown>, profile: object][] = [
  ['the first name of a claim that is there counts', { loginid: 'a', preferred_username: 'b' }, { user_id: 'a' }],
  [
    "Keycloak's own names do",
    { preferred_username: 'b', email: 'b@x', name: '길동 홍' },
    { user_id: 'b', email: 'b@x', username_kr: '길동 홍' },
  ],
  ['space around a value is none of it', { loginid: ' a ' }, { user_id: 'a' }],
  ['what is empty or no text is absent', { loginid: ' ', mail: 7, username: null, deptname: ['x'] }, {}],
  ['a control character makes a value absent', { loginid: 'a\u0000b', username: 'x\ny' }, {}],
  ['a login id is never cut short', { loginid: 'x'.repeat(151) }, {}],
  ['another text is', { loginid: 'a', deptname: '부'.repeat(101) }, { user_id: 'a', deptname_kr: '부'.repeat(100) }],
]
for (const [rule, claims, profile] of rows) test(rule, () => assert.deepEqual(readProfile(claims, names), profile))

test('claims are not looked for in the prototype', () => {
  assert.deepEqual(readProfile({}, { ...names, user_id: ['constructor', '__proto__'] }), {})
})
