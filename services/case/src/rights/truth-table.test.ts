import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import type { CaseRole } from '@munjigi/contracts/case-roles'
import { withTenant } from '@munjigi/db/tenant'
import { ROLES } from '@munjigi/identity/roles'
import { outcome, type Person, TENANT, testService } from '../service.fixture.ts'
import { BY_CASE_ROLE, BY_PERMISSION } from './rules.ts'

const service = await testService()
after(() => service.close())
for (const sub of ['keeper', 'guest', 'newcomer']) service.user.addPerson(sub, TENANT)

const [head = [], , ...rows] = readFileSync(new URL('truth-table.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
const actions = head.slice(2)

interface Cell {
  person: Person
  action: string
  mark: string
  ids: { case_id: string; document_id: string; approval_id: string }
}

const cells: Cell[] = rows.flatMap(([role = '', caseRole = '', ...marks]) => {
  const person = { sub: `${role} ${caseRole}`, role, tenant_id: TENANT }
  service.user.addPerson(person.sub, TENANT)
  return actions.map((action, column) => {
    const ids = { case_id: randomUUID(), document_id: randomUUID(), approval_id: randomUUID() }
    const grants: [string, CaseRole | 'none'][] = [
      [person.sub, caseRole as CaseRole | 'none'],
      ['keeper', 'trustee'],
      ['guest', 'viewer'],
    ]
    service.user.setGrants(
      grants.flatMap(([sub, given]) =>
        given === 'none' ? [] : [{ tenant_id: TENANT, case_id: ids.case_id, sub, role: given }],
      ),
    )
    return { person, action, mark: marks[column] ?? '', ids }
  })
})

/** A case for each cell, with a document, and a request for approval that the keeper made. */
await withTenant(service.db, TENANT, async (trx) => {
  const all = cells.map(({ ids: { case_id, document_id, approval_id }, person, action }) => ({
    of: { tenant_id: TENANT, case_id },
    title: `Of ${person.sub}!`,
    isClosed: action === 'reopen-case',
    isDecided: action === 'decide-approval',
    document_id,
    approval_id,
  }))
  const closed = { status: 'closed' as const, closed_at: new Date() }
  const open = { status: 'open' as const, closed_at: null }
  const cases = all.map(({ of, title, isClosed }) => ({
    ...of,
    title,
    created_by: 'keeper',
    ...(isClosed ? closed : open),
  }))
  await trx.insertInto('cases').values(cases).execute()
  await trx
    .insertInto('documents')
    .values(all.map(({ of, document_id }) => ({ ...of, document_id })))
    .execute()
  const version = { version: 1, title: 'x', media_type: 'text/plain', body: 'y', written_by: 'keeper' } as const
  await trx
    .insertInto('document_versions')
    .values(all.map(({ of, document_id }) => ({ ...of, document_id, ...version })))
    .execute()
  const asked = all.filter(({ isDecided }) => isDecided)
  await trx
    .insertInto('approvals')
    .values(asked.map(({ of, approval_id }) => ({ ...of, approval_id, comment: '', requested_by: 'keeper' })))
    .execute()
})

/** The request that each action is. */
function perform({ person, action, ids }: Cell) {
  const { call } = service
  const path = `/cases/${ids.case_id}`
  const document = `${path}/documents/${ids.document_id}`
  switch (action) {
    case 'create-case':
      return call(person, 'POST', '/cases', { title: 'New' })
    case 'list-cases':
      return call(person, 'GET', `/cases?limit=200&search=${encodeURIComponent(`of ${person.sub}!`)}`)
    case 'read-case':
      return call(person, 'GET', path)
    case 'change-case':
      return call(person, 'PATCH', path, { description: 'changed' })
    case 'close-case':
      return call(person, 'POST', `${path}/close`)
    case 'reopen-case':
      return call(person, 'POST', `${path}/reopen`)
    case 'delete-case':
      return call(person, 'DELETE', path)
    case 'read-members':
      return call(person, 'GET', `${path}/members`)
    case 'assign-member':
      return call(person, 'PUT', `${path}/members/newcomer`, { role: 'viewer' })
    case 'withdraw-member':
      return call(person, 'DELETE', `${path}/members/guest`)
    case 'read-documents':
      return call(person, 'GET', document)
    case 'add-document':
      return call(person, 'POST', `${path}/documents`, { title: 'x', body: 'y' })
    case 'write-document':
      return call(person, 'PATCH', document, { version: 1, body: 'z' })
    case 'delete-document':
      return call(person, 'DELETE', document)
    case 'read-approvals':
      return call(person, 'GET', `${path}/approvals`)
    case 'ask-approval':
      return call(person, 'POST', `${path}/approvals`, { document_id: ids.document_id, version: 1 })
    default:
      assert.equal(action, 'decide-approval')
      return call(person, 'POST', `${path}/approvals/${ids.approval_id}/decision`, { decision: 'approved' })
  }
}

const MARKS: Record<string, string> = { P: '403 permission-required', C: '403 case-role-required' }

test('the table names every action, every role and every case role', () => {
  assert.deepEqual(new Set(actions), new Set([...Object.keys(BY_PERMISSION), ...Object.keys(BY_CASE_ROLE)]))
  const expected = ROLES.flatMap((role) => ['trustee', 'reviewer', 'viewer', 'none'].map((own) => `${role} ${own}`))
  assert.deepEqual(new Set(rows.map(([role, own]) => `${role} ${own}`)), new Set(expected))
  assert.equal(cells.length, 40 * actions.length)
})

for (const [role = '', caseRole = '', ...marks] of rows)
  test(`${role} with case role ${caseRole} may what the table says and nothing else`, async () => {
    const own = cells.filter(({ person }) => person.sub === `${role} ${caseRole}`)
    // Before anything is deleted: what is listed is what may be read.
    const list = own.find(({ action }) => action === 'list-cases') as Cell
    const listed = await perform(list)
    const mayRead = marks[actions.indexOf('read-case')] === 'O'

    assert.equal(outcome(listed), MARKS[list.mark] ?? '200')
    const ids: string[] = listed.body.cases?.map(({ case_id }: { case_id: string }) => case_id) ?? []
    assert.deepEqual(new Set(own.map(({ ids: { case_id } }) => ids.includes(case_id))), new Set([mayRead]))
    const answers = await Promise.all(own.map(async (cell) => [cell, outcome(await perform(cell))] as const))
    for (const [{ action, mark }, found] of answers)
      if (mark === 'O') assert.match(found, /^20[014]$/, action)
      else assert.equal(found, MARKS[mark], action)
  })
