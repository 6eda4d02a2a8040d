import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { type Answer, outcome, type Person, testService } from './service.fixture.ts'

const service = await testService()
after(() => service.close())
const { call, newPerson } = service
const trustee = newPerson('manager')
const admin = newPerson('admin')
const caseId = await service.newCase(trustee)
const path = `/cases/${caseId}`

const reviewer = newPerson('viewer')
assert.equal(outcome(await call(trustee, 'PUT', `${path}/members/${reviewer.sub}`, { role: 'reviewer' })), '200')

async function addDocument(content: object = {}): Promise<string> {
  const answer = await call(trustee, 'POST', `${path}/documents`, { title: 'Plan', body: 'one', ...content })
  assert.equal(answer.status, 201, answer.text)
  return answer.body.document_id
}
const write = (id: string, change: object, headers: object = {}) =>
  call(trustee, 'PATCH', `${path}/documents/${id}`, change, { headers })
const ask = async (subject: object = {}, person: Person = trustee): Promise<Answer> =>
  call(person, 'POST', `${path}/approvals`, subject)
const decide = (id: string, person: Person, decision = 'approved', comment?: string) =>
  call(person, 'POST', `${path}/approvals/${id}/decision`, { decision, ...(comment !== undefined && { comment }) })

test('a document begins at version 1, as plain text unless said', async () => {
  const added = await call(trustee, 'POST', `${path}/documents`, { title: '계획', body: '첫 줄\n' })
  const { document_id, written_at, ...rest } = added.body

  assert.equal(added.headers.get('etag'), '"1"')
  assert.equal(new Date(written_at).toISOString(), written_at)
  assert.deepEqual(rest, {
    case_id: caseId,
    version: 1,
    title: '계획',
    media_type: 'text/plain',
    body: '첫 줄\n',
    written_by: trustee.sub,
  })
  assert.deepEqual((await call(reviewer, 'GET', `${path}/documents/${document_id}`)).body, added.body)
})

test('the longest text is taken however its writer spells it', async () => {
  const longest = '😀'.repeat(300_000)
  const headers = {
    authorization: `Bearer ${service.tokenOf(trustee)}`,
    'x-user-sub': trustee.sub,
    'content-type': 'application/json',
  }
  // As Python's json.dumps writes it.
  const escaped = `{"title":"Plan","body":"${'\\ud83d\\ude00'.repeat(300_000)}"}`
  const added = await fetch(`${service.url}/api/case/v1${path}/documents`, { method: 'POST', headers, body: escaped })
  const { document_id, body } = (await added.json()) as { document_id: string; body: string }

  assert.equal(added.status, 201)
  assert.ok(body === longest)
  assert.equal(outcome(await write(document_id, { version: 1, body: longest })), '200')
})

test('each write is a version of its own, what is left out is as before, and old ones stay readable', async () => {
  const id = await addDocument({ media_type: 'text/markdown' })
  const second = await write(id, { version: 1, body: 'two' })
  const third = await write(id, { title: 'Plan B' }, { 'if-match': '"2"' })

  assert.deepEqual([second.body.version, second.body.title, second.body.body], [2, 'Plan', 'two'])
  assert.deepEqual([third.body.version, third.body.title, third.body.body], [3, 'Plan B', 'two'])
  assert.deepEqual([third.headers.get('etag'), third.body.media_type], ['"3"', 'text/markdown'])
  const read = (version: number) => call(reviewer, 'GET', `${path}/documents/${id}/versions/${version}`)
  assert.deepEqual((await read(2)).body, second.body)
  assert.equal((await read(1)).body.body, 'one')
  assert.equal(outcome(await read(4)), '404 version-not-found')

  const first = await call(reviewer, 'GET', `${path}/documents/${id}/versions?limit=2`)
  const rest = await call(reviewer, 'GET', `${path}/documents/${id}/versions?limit=2&cursor=${first.body.next_cursor}`)
  const numbers = ({ body }: Answer) => body.versions.map(({ version }: { version: number }) => version)
  assert.deepEqual([numbers(first), numbers(rest), rest.body.next_cursor], [[3, 2], [1], undefined])
  assert.ok(!('body' in first.body.versions[0]))
})

test('whoever writes says which version they saw', async () => {
  const id = await addDocument()
  assert.equal(outcome(await write(id, { version: 1, body: 'two' })), '200')
  const refused: [string, Answer][] = [
    ['428 version-required', await write(id, { body: 'x' })],
    ['409 version-outdated', await write(id, { version: 1, body: 'x' })],
    ['409 version-outdated', await write(id, { version: 3, body: 'x' })],
    ['409 version-outdated', await write(id, { version: 1, body: 'x' }, { 'if-match': '"2"' })],
    ['412 precondition-failed', await write(id, { version: 2, body: 'x' }, { 'if-match': '"1"' })],
    ...(await Promise.all(
      ['"1"', 'W/"2"', '2', '', '"22"', '"1", "3"'].map(
        async (ifMatch): Promise<[string, Answer]> => [
          '412 precondition-failed',
          await write(id, { body: 'x' }, { 'if-match': ifMatch }),
        ],
      ),
    )),
  ]
  for (const [expected, answer] of refused) assert.equal(outcome(answer), expected)
  assert.equal((await call(trustee, 'GET', `${path}/documents/${id}`)).body.body, 'two')
  assert.equal((await write(id, { body: 'three' }, { 'if-match': '"1", "2"' })).body.version, 3)
  assert.equal((await write(id, { body: 'four' }, { 'if-match': '*' })).body.version, 4)
})

test('of many who write over the same version one does', async () => {
  const id = await addDocument()
  const bodies = ['a', 'b', 'c', 'd', 'e']
  const answers = await Promise.all(bodies.map((body) => write(id, { version: 1, body })))

  assert.deepEqual(answers.map(outcome).toSorted(), ['200', ...Array(4).fill('409 version-outdated')])
  const versions = await call(trustee, 'GET', `${path}/documents/${id}/versions`)
  assert.equal(versions.body.versions.length, 2)
})

test('a written version is changed by nobody, the service itself included', async () => {
  const id = await addDocument()

  await assert.rejects(
    service.db.updateTable('document_versions').set({ body: 'forged' }).where('document_id', '=', id).execute(),
    { code: '42501' },
  )
})

test('documents are listed at their newest version, without texts, oldest first, by pages', async () => {
  const own = await service.newCase(trustee)
  const ids = []
  for (const title of ['A', 'B', 'C'])
    ids.push((await call(trustee, 'POST', `/cases/${own}/documents`, { title, body: 'x' })).body.document_id)
  await call(trustee, 'PATCH', `/cases/${own}/documents/${ids[0]}`, { version: 1, title: 'A2' })
  const first = await call(trustee, 'GET', `/cases/${own}/documents?limit=2`)
  const rest = await call(trustee, 'GET', `/cases/${own}/documents?limit=2&cursor=${first.body.next_cursor}`)
  const shown = ({ body }: Answer) =>
    body.documents.map((d: { title: string; version: number }) => [d.title, d.version])

  assert.deepEqual(
    [shown(first), shown(rest)],
    [
      [
        ['A2', 2],
        ['B', 1],
      ],
      [['C', 1]],
    ],
  )
  assert.ok(!('body' in first.body.documents[0]))
})

test('a document of another case is absent, as one that never was', async () => {
  const id = await addDocument()
  const other = await service.newCase(trustee)
  for (const document of [id, randomUUID()]) {
    const at = `/cases/${other}/documents/${document}`
    assert.equal(outcome(await call(trustee, 'GET', at)), '404 document-not-found')
    assert.equal(outcome(await call(trustee, 'PATCH', at, { version: 1, body: 'x' })), '404 document-not-found')
    assert.equal(outcome(await call(trustee, 'DELETE', at)), '404 document-not-found')
    assert.equal(outcome(await call(trustee, 'GET', `${at}/versions`)), '404 document-not-found')
    assert.equal(outcome(await call(trustee, 'GET', `${at}/versions/1`)), '404 version-not-found')
    const asked = await call(trustee, 'POST', `/cases/${other}/approvals`, { document_id: document, version: 1 })
    assert.equal(outcome(asked), '404 version-not-found')
  }
})

test('a document goes with its versions, unless approval was asked of one', async () => {
  const [free, asked] = [await addDocument(), await addDocument()]
  assert.equal((await ask({ document_id: asked, version: 1 })).status, 201)

  assert.equal((await call(trustee, 'DELETE', `${path}/documents/${free}`)).status, 204)
  assert.equal(outcome(await call(trustee, 'GET', `${path}/documents/${free}/versions/1`)), '404 version-not-found')
  assert.equal(outcome(await call(trustee, 'DELETE', `${path}/documents/${asked}`)), '409 document-in-approval')
  assert.equal(outcome(await call(trustee, 'GET', `${path}/documents/${asked}`)), '200')
})

test('approval is asked of a version of a document, and decided once, with a comment', async () => {
  const id = await addDocument()
  const asked = await ask({ document_id: id, version: 1, comment: 'please' })
  const { approval_id, requested_at, ...rest } = asked.body
  assert.deepEqual(rest, {
    case_id: caseId,
    document_id: id,
    version: 1,
    comment: 'please',
    requested_by: trustee.sub,
    decision: null,
    decision_comment: null,
    decided_by: null,
    decided_at: null,
  })
  const decided = await decide(approval_id, reviewer, 'rejected', '근거 부족')

  const { decided_at } = decided.body
  assert.deepEqual(decided.body, {
    ...rest,
    approval_id,
    requested_at,
    decision: 'rejected',
    decision_comment: '근거 부족',
    decided_by: reviewer.sub,
    decided_at,
  })
  assert.ok(decided_at >= requested_at)
  for (const person of [reviewer, admin])
    assert.equal(outcome(await decide(approval_id, person)), '409 approval-decided')
  assert.deepEqual((await call(reviewer, 'GET', `${path}/approvals/${approval_id}`)).body, decided.body)
  assert.equal(outcome(await ask({ document_id: id, version: 1 })), '201')
})

test('of many who decide at once one does, and of many who ask for the same one is heard', async () => {
  const own = await service.newCase(trustee)
  const askOwn = () => call(trustee, 'POST', `/cases/${own}/approvals`, {})
  const asked = await Promise.all(Array.from({ length: 4 }, askOwn))
  assert.deepEqual(asked.map(outcome).toSorted(), ['201', ...Array(3).fill('409 approval-pending')])
  const id = asked.find(({ status }) => status === 201)?.body.approval_id
  const decisions = ['approved', 'rejected', 'approved', 'rejected'].map((decision) =>
    call(admin, 'POST', `/cases/${own}/approvals/${id}/decision`, { decision }),
  )

  const outcomes = (await Promise.all(decisions)).map(outcome)
  assert.deepEqual(outcomes.toSorted(), ['200', ...Array(3).fill('409 approval-decided')])
})

test('nobody decides their own request, an administrator neither', async () => {
  const id = await addDocument()
  for (const person of [trustee, admin]) {
    const { approval_id } = (await ask({ document_id: id, version: 1 }, person)).body
    for (const decision of ['approved', 'rejected'])
      assert.equal(outcome(await decide(approval_id, person, decision)), '403 own-request')
    assert.equal(outcome(await decide(approval_id, reviewer)), '200')
  }
})

test('requests are listed newest first, by pages; one of another case is absent', async () => {
  const own = await service.newCase(trustee)
  const document = await call(trustee, 'POST', `/cases/${own}/documents`, { title: 'x', body: '' })
  const subjects = [{}, { document_id: document.body.document_id, version: 1 }]
  const ids = []
  for (const subject of subjects)
    ids.unshift((await call(trustee, 'POST', `/cases/${own}/approvals`, subject)).body.approval_id)
  const first = await call(trustee, 'GET', `/cases/${own}/approvals?limit=1`)
  const rest = await call(trustee, 'GET', `/cases/${own}/approvals?limit=1&cursor=${first.body.next_cursor}`)

  const shown = [first, rest].flatMap(({ body }) => body.approvals.map((a: { approval_id: string }) => a.approval_id))
  assert.deepEqual(shown, ids)
  assert.equal(rest.body.next_cursor, undefined)
  assert.equal(outcome(await call(trustee, 'GET', `${path}/approvals/${ids[0]}`)), '404 approval-not-found')
  assert.equal(outcome(await decide(ids[0], admin)), '404 approval-not-found')
})

test('what is no document, no request and no decision is 400 and names the field', async () => {
  const id = await addDocument()
  const { approval_id } = (await ask({ document_id: id, version: 1 })).body
  const bad: [string, Answer][] = [
    ['body', await call(trustee, 'POST', `${path}/documents`, { title: 'x' })],
    ['body', await call(trustee, 'POST', `${path}/documents`, { title: 'x', body: 'x'.repeat(300_001) })],
    ['body', await call(trustee, 'POST', `${path}/documents`, { title: 'x', body: 'a\ud800' })],
    ['media_type', await call(trustee, 'POST', `${path}/documents`, { title: 'x', body: '', media_type: 'text/html' })],
    ['written_by', await write(id, { version: 1, written_by: 'lee' })],
    ['version', await write(id, { version: '1', body: 'x' })],
    ['version', await call(trustee, 'GET', `${path}/documents/${id}/versions/2147483648`)],
    ['version', await ask({ document_id: id })],
    ['version', await ask({ version: 1 })],
    ['decided_by', await ask({ decided_by: 'lee' })],
    ['decision', await decide(approval_id, reviewer, 'maybe')],
    ['comment', await decide(approval_id, reviewer, 'approved', 'x'.repeat(2001))],
    ['cursor', await call(trustee, 'GET', `${path}/approvals?cursor=x`)],
    ['cursor', await call(trustee, 'GET', `${path}/documents?cursor=x`)],
    ['cursor', await call(trustee, 'GET', `${path}/documents/${id}/versions?cursor=x`)],
  ]
  for (const [name, answer] of bad)
    assert.deepEqual([outcome(answer), answer.body.faults?.[0].field], ['400 invalid-request', name])
  const large = await call(trustee, 'POST', `${path}/documents`, { title: 'x', body: '가'.repeat(1_300_000) })
  assert.equal(outcome(large), '413 body-too-large')
})

test('a case goes with documents of which approval was asked and decided', async () => {
  const own = await service.newCase(trustee)
  const { document_id } = (await call(trustee, 'POST', `/cases/${own}/documents`, { title: 'x', body: '' })).body
  const { approval_id } = (await call(trustee, 'POST', `/cases/${own}/approvals`, { document_id, version: 1 })).body
  await call(admin, 'POST', `/cases/${own}/approvals/${approval_id}/decision`, { decision: 'approved' })

  assert.equal((await call(admin, 'DELETE', `/cases/${own}`)).status, 204)
})
