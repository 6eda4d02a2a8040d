import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Grant, mayAdminister, mayEditMenus, type Roles } from './rights.ts'

const none: Roles = { role: undefined, hasRealmRole: () => false, hasClientRole: () => false }
const people: Record<string, Roles> = {
  'no role': none,
  PENDING: { ...none, role: 'PENDING' },
  USER: { ...none, role: 'USER' },
  'admin of a tenant': { ...none, role: 'admin' },
  ADMIN: { ...none, role: 'ADMIN' },
  global_admin: { ...none, hasRealmRole: (role) => role === 'global_admin' },
  'meal_admin as a realm role': { ...none, hasRealmRole: (role) => role === 'meal_admin' },
  meal_admin: { ...none, hasClientRole: (client, role) => client === 'meal-service' && role === 'meal_admin' },
  'meal_admin of another client': { ...none, hasClientRole: (client) => client === 'web' },
  'global_admin as a client role': { ...none, hasClientRole: (_client, role) => role === 'global_admin' },
}
const grants: Record<string, Grant[]> = {
  none: [],
  another: [{ restaurant_id: 'b' }],
  this: [{ restaurant_id: 'b' }, { restaurant_id: 'a' }],
  all: [{ restaurant_id: null }],
}

// administer; edit menus of restaurant a with the grants none, another, this, all
const table: [who: string, administer: boolean, ...edit: boolean[]][] = [
  ['no role', false, false, false, true, true],
  ['PENDING', false, false, false, true, true],
  ['USER', false, false, false, true, true],
  ['admin of a tenant', false, false, false, true, true],
  ['ADMIN', true, true, true, true, true],
  ['global_admin', true, true, true, true, true],
  ['meal_admin as a realm role', false, false, false, true, true],
  ['meal_admin', true, true, true, true, true],
  ['meal_admin of another client', false, false, false, true, true],
  ['global_admin as a client role', false, false, false, true, true],
]

for (const [who, administer, ...edit] of table)
  test(`${who}: ${administer ? 'administers' : 'does not administer'}; menus by grant`, () => {
    const user = people[who] ?? assert.fail()

    assert.equal(mayAdminister(user), administer)
    assert.deepEqual(
      Object.values(grants).map((rows) => mayEditMenus(user, rows, 'a')),
      edit,
    )
  })
