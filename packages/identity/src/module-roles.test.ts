import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CASE_ROLES, type CaseRole } from '@munjigi/contracts/case-roles'
import { CASE_RIGHTS, type ModuleName, SYSTEM_RIGHTS } from './module-rights.ts'
import { moduleRoles } from './module-roles.ts'
import { ROLES, SYSTEM_ROLES } from './roles.ts'
import { sourceTable } from './source-003.fixture.ts'
import { SYNAPSE_RULES } from './synapse-roles.ts'

const inCase = (role: string | undefined, caseRole?: CaseRole) =>
  moduleRoles({ role, caseRoles: new Map(caseRole && [['c1', caseRole]]) }, 'c1')

test('the case roles are those of source 003 §2.2', () => {
  const { rows } = sourceTable('case-roles')

  assert.deepEqual(
    rows.map(([role]) => role),
    [...CASE_ROLES],
  )
})

test('every cell of source 003 §5.1 holds: system roles in each module', () => {
  const { head, rows } = sourceTable('module-rights')
  const modules = head.slice(1).map((title) => (title.split(' ')[0] as string).toLowerCase() as ModuleName)

  assert.deepEqual(modules, ['canvas', 'vision', 'synapse', 'oracle', 'weaver'])
  assert.deepEqual(
    rows.map(([role]) => role),
    [...SYSTEM_ROLES],
  )
  for (const [role, ...wordings] of rows)
    for (const [column, module] of modules.entries()) {
      const right = SYSTEM_RIGHTS[role as keyof typeof SYSTEM_RIGHTS][module]
      assert.equal(right.description, wordings[column], `${role} ${module}`)
      assert.ok(right.capabilities.length + (right.inOwnCases?.length ?? 0) > 0, `${role} ${module}`)
    }
})

test('every cell of source 003 §5.2 holds: case roles in the modules that know cases', () => {
  const { head, rows } = sourceTable('case-module-rights')

  assert.deepEqual(head.slice(1), ['Vision', 'Synapse'])
  assert.equal(rows.length, CASE_ROLES.length)
  for (const [role, vision, synapse] of rows) {
    const rights = CASE_RIGHTS[role as CaseRole]
    assert.deepEqual([rights.vision.description, rights.synapse.description], [vision, synapse], role)
  }
})

test('every line of source 003 §5.3 holds: where the Synapse roles come from', () => {
  const { rows } = sourceTable('synapse-roles')
  const originOf = ({ system, inCase }: { system?: readonly string[]; inCase?: readonly string[] }) => {
    if (system === undefined && inCase === undefined) return '(모든 인증된 사용자)'
    const cases = inCase && `케이스 ${inCase.join(', ')}`
    return [system?.join(', '), cases].filter((part) => part !== undefined).join(' + ')
  }

  assert.deepEqual(
    SYNAPSE_RULES.map((rule) => [rule.role, originOf(rule), rule.description]),
    rows,
  )
})

test('every role in every kind of case has the Synapse roles of the table', () => {
  const table = readFileSync(new URL('synapse-roles-in-case.md', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const [head = [], , ...rows] = table.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

  assert.deepEqual(head.slice(1), ['no case role', 'viewer', 'reviewer', 'trustee'])
  assert.deepEqual(new Set(rows.map(([role]) => role)), new Set(ROLES))
  for (const [role, ...cells] of rows)
    for (const [column, caseRole] of [undefined, 'viewer', 'reviewer', 'trustee'].entries())
      assert.equal(inCase(role, caseRole as CaseRole).synapse.roles.join(', '), cells[column], `${role} ${caseRole}`)
})

test('what is only for own cases needs the system role and the case role', () => {
  const scenarios = ['scenario:create', 'scenario:delete', 'scenario:read', 'scenario:update']

  assert.deepEqual(inCase('attorney', 'trustee').vision.capabilities, ['result:read', ...scenarios])
  assert.deepEqual(inCase('analyst', 'trustee').vision.capabilities, ['analysis:run', 'result:read'])
  assert.deepEqual(inCase('viewer', 'trustee').vision.capabilities, ['result:read'])
  assert.deepEqual(inCase('attorney', 'viewer').vision.capabilities, ['result:read'])
  assert.deepEqual(inCase('attorney').vision.capabilities, [])
  assert.deepEqual(inCase('staff', 'reviewer').vision.capabilities, ['read', 'result:approve', 'result:read'])
})

test('who edits cases in Synapse is who may change their ontology', () => {
  for (const role of SYSTEM_ROLES)
    for (const caseRole of [undefined, ...CASE_ROLES]) {
      const { roles, capabilities } = inCase(role, caseRole).synapse
      const has = (name: string) => capabilities.includes(name)
      assert.equal(roles.includes('case_editor'), has('ontology:update'), `${role} ${caseRole}`)
      assert.equal(roles.includes('hitl_reviewer'), has('hitl:review'), `${role} ${caseRole}`)
      if (roles.includes('case_viewer')) assert.deepEqual([has('ontology:read'), has('ontology:delete')], [true, false])
    }
})

test('a role in one case is none in another, and none at all where no case is named', () => {
  const user = { role: 'attorney', caseRoles: new Map([['c1', 'trustee' as const]]) }

  assert.deepEqual(moduleRoles(user, 'c1').synapse.roles, ['case_editor', 'schema_viewer'])
  assert.deepEqual(moduleRoles(user, 'c2').synapse.roles, ['schema_viewer'])
  assert.deepEqual(moduleRoles(user).synapse.roles, ['schema_viewer'])
  assert.deepEqual(moduleRoles(user, 'c1').synapse.descriptions, ['소속 케이스 CRUD', '온톨로지 CRUD (해당 케이스)'])
})

test('who waits for approval, or has no role of ours, may do nothing in any module, whatever the case', () => {
  for (const role of ['PENDING', 'constructor', '', undefined])
    for (const { capabilities, descriptions } of Object.values(inCase(role, 'trustee')))
      assert.deepEqual([capabilities, descriptions], [[], []])
})
