import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PERMISSIONS, permissionsOf, ROLES, SYSTEM_ROLES } from './roles.ts'
import { sourceTable } from './source-003.fixture.ts'

test('every cell of the matrix of source 003 holds', () => {
  const { head, rows } = sourceTable('matrix')
  assert.deepEqual(head.slice(1), [...SYSTEM_ROLES])
  assert.deepEqual(
    rows.map(([permission]) => permission),
    [...PERMISSIONS],
  )
  assert.equal(rows.length, 22)

  for (const [permission = '', ...marks] of rows)
    for (const [column, role] of SYSTEM_ROLES.entries())
      assert.equal(permissionsOf(role).includes(permission), marks[column] === 'O', `${role} ${permission}`)
})

test('the roles of source 000: PENDING has none, USER what staff has, ADMIN all', () => {
  assert.deepEqual(permissionsOf('PENDING'), [])
  assert.deepEqual(permissionsOf('USER'), permissionsOf('staff'))
  assert.deepEqual(permissionsOf('ADMIN'), PERMISSIONS)
})

test('a role that is not known brings nothing, whatever an object would say', () => {
  for (const role of ['constructor', '__proto__', 'toString', 'Admin', '']) assert.deepEqual(permissionsOf(role), [])
  assert.equal(ROLES.length, 10)
})
