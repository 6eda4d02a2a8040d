import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readingOf } from './rights.ts'

const here = 'tenant-a'
const there = 'tenant-b'

// who, of which tenant (none: an issuer that knows no tenants), reads lee's trace of tenant a, of none
const table: [sub: string, role: string | undefined, tenant: string | undefined, ofHere: string, ofNone: string][] = [
  ['lee', 'USER', here, 'allowed', 'allowed'],
  ['lee', undefined, undefined, 'allowed', 'allowed'],
  ['lee', 'USER', there, 'allowed', 'allowed'],
  ['choi', 'USER', here, 'refused', 'hidden'],
  ['choi', undefined, undefined, 'hidden', 'hidden'],
  ['choi', 'manager', here, 'refused', 'hidden'],
  ['choi', 'admin', here, 'allowed', 'hidden'],
  ['choi', 'ADMIN', here, 'allowed', 'allowed'],
  ['choi', 'admin', there, 'hidden', 'hidden'],
  ['choi', 'ADMIN', there, 'hidden', 'allowed'],
  ['choi', 'PENDING', here, 'refused', 'hidden'],
]

for (const [sub, role, tenantId, ofHere, ofNone] of table)
  test(`${sub} as ${role ?? 'no role'} of ${tenantId ?? 'no tenant'}: ${ofHere}, ${ofNone}`, () => {
    const reader = { sub, role, tenantId }

    assert.equal(readingOf(reader, { owner_sub: 'lee', tenant_id: here }), ofHere)
    assert.equal(readingOf(reader, { owner_sub: 'lee', tenant_id: null }), ofNone)
  })
