import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedGrants, holdsGrant, holdsRole, mayActOn, type Rights } from './rights.ts'

const person = (role: string, rest: Partial<Rights> = {}): Rights => ({
  sub: role,
  tenant_id: 't',
  role,
  superuser: false,
  sections: [],
  ...rest,
})

test('a role is given only by who has all that it brings', () => {
  const table: [giver: string, given: string, may: boolean][] = [
    ['manager', 'admin', false],
    ['manager', 'manager', true],
    ['manager', 'viewer', true],
    ['viewer', 'USER', false],
    ['staff', 'USER', true],
    ['admin', 'manager', true],
    ['admin', 'ADMIN', false],
    ['ADMIN', 'ADMIN', true],
    ['ADMIN', 'admin', true],
    ['engineer', 'attorney', false],
    ['PENDING', 'viewer', false],
  ]

  for (const [giver, given, may] of table) assert.equal(holdsRole(person(giver), given), may, `${giver} gives ${given}`)
  assert.equal(holdsRole(person('ADMIN', { superuser: true }), 'ADMIN'), true)
})

test('level admin of a section includes user, never the reverse, and a superuser holds all', () => {
  const canvasUser = person('USER', { sections: [{ id: 'canvas', level: 'user' }] })
  const canvasAdmin = person('USER', { sections: [{ id: 'canvas', level: 'admin' }] })

  assert.equal(holdsGrant(canvasAdmin, { id: 'canvas', level: 'user' }), true)
  assert.equal(holdsGrant(canvasUser, { id: 'canvas', level: 'admin' }), false)
  assert.equal(holdsGrant(canvasAdmin, { id: 'train', level: 'user' }), false)
  assert.equal(holdsGrant(person('ADMIN', { superuser: true }), { id: 'train', level: 'admin' }), true)
})

test('nobody acts on a superuser, a stronger role, or the administrator of a section they do not administer', () => {
  const ADMIN = person('ADMIN')
  const root = person('ADMIN', { superuser: true })

  assert.equal(mayActOn(ADMIN, root), false)
  assert.equal(mayActOn(root, root), true)
  assert.equal(mayActOn(person('admin'), ADMIN), false)
  assert.equal(mayActOn(ADMIN, person('USER', { sections: [{ id: 'train', level: 'admin' }] })), false)
  assert.equal(mayActOn(ADMIN, person('USER', { sections: [{ id: 'train', level: 'user' }] })), true)
})

test('a raised level is a change of both levels', () => {
  const user = { id: 'canvas', level: 'user' } as const
  const admin = { id: 'canvas', level: 'admin' } as const

  assert.deepEqual(changedGrants([user], [admin]), [user, admin])
  assert.deepEqual(changedGrants([user], [user]), [])
})
