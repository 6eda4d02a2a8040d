import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayRead } from './rights.ts'

const table: [sub: string, role: string | undefined, isAllowed: boolean][] = [
  ['lee', 'USER', true],
  ['lee', undefined, true],
  ['lee', 'PENDING', true],
  ['choi', 'USER', false],
  ['choi', undefined, false],
  ['choi', 'PENDING', false],
  ['choi', 'manager', false],
  ['choi', 'admin', true],
  ['choi', 'ADMIN', true],
]

for (const [sub, role, isAllowed] of table)
  test(`${sub} as ${role ?? 'no role'} ${isAllowed ? 'reads' : 'does not read'} lee's trace`, () => {
    assert.equal(mayRead({ sub, role }, { owner_sub: 'lee' }), isAllowed)
  })
