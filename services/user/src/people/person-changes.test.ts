import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testAdministration } from '../admin/administration.fixture.ts'
import { refusal } from '../refusal.fixture.ts'

let house: Awaited<ReturnType<typeof testAdministration>>
before(async () => {
  house = await testAdministration()
})
after(() => house.close())
const admin = (role = 'ADMIN') => house.seed({ role, sections: { 'admin-page': 'admin' } })
const eventsOf = (target: string) =>
  house.db.selectFrom('audit_events').selectAll().where('target', '=', target).orderBy('id').execute()
const rowOf = (sub: string) =>
  house.db.selectFrom('people').selectAll().where('sub', '=', sub).executeTakeFirstOrThrow()

test('an approval makes a USER, stands in the audit log, ages the token and is announced under every name', async () => {
  const actor = await admin()
  const sub = await house.seed({ role: 'PENDING' })
  const started = Math.floor(Date.now() / 1000)
  const { status, body } = await house.as(actor)('POST', `/people/${sub}/approve`)

  assert.deepEqual([status, body.role, body.status], [200, 'USER', 'active'])
  const [event] = await eventsOf(sub)
  assert.deepEqual([event?.actor, event?.action, event?.details], [actor, 'person.approved', { role: 'USER' }])
  assert.ok((await rowOf(sub)).rights_changed_at >= started)
  assert.deepEqual(await house.announced(sub, 2), [
    { issuer: house.issuer.issuer, sub },
    { issuer: 'https://idp', sub: `idp-${sub}` },
  ])
})

test('who was decided on is not decided on again, whichever way and however parallel', async () => {
  const [first, second] = [await admin(), await admin()]
  const sub = await house.seed({ role: 'PENDING' })
  const both = await Promise.all([
    house.as(first)('POST', `/people/${sub}/approve`),
    house.as(second)('POST', `/people/${sub}/reject`),
  ])

  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409])
  for (const path of ['approve', 'reject'])
    assert.deepEqual(refusal(await house.as(first)('POST', `/people/${sub}/${path}`)), [409, 'already-decided'])
  assert.equal((await eventsOf(sub)).length, 1)
})

test('a rejection ends the sessions, and enabling lets the person wait again', async () => {
  const call = house.as(await admin())
  const sub = await house.seed({ role: 'PENDING' })
  await house.db
    .insertInto('sessions')
    .values({ sid: `s-${sub}`, person_sub: sub, access_exp: 0, refresh_exp: 0, id_token_sealed: null, ended_at: null })
    .execute()
  const now = Math.floor(Date.now() / 1000)
  await call('POST', `/people/${sub}/reject`)

  assert.ok((await rowOf(sub)).valid_from > now)
  const session = house.db.selectFrom('sessions').select('ended_at').where('person_sub', '=', sub)
  assert.notEqual((await session.executeTakeFirstOrThrow()).ended_at, null)
  const { body } = await call('POST', `/people/${sub}/enable`)
  assert.deepEqual([body.role, body.status], ['PENDING', 'active'])
  assert.deepEqual(refusal(await call('POST', `/people/${sub}/enable`)), [409, 'already-active'])
})

test('a disabled person is disabled once and comes back by enabling', async () => {
  const call = house.as(await admin())
  const sub = await house.seed()

  assert.equal((await call('POST', `/people/${sub}/disable`)).body.status, 'disabled')
  assert.deepEqual(refusal(await call('POST', `/people/${sub}/disable`)), [409, 'already-disabled'])
  assert.equal((await call('POST', `/people/${sub}/enable`)).body.status, 'active')
  assert.deepEqual(
    (await eventsOf(sub)).map(({ action }) => action),
    ['person.disabled', 'person.enabled'],
  )
})

test('nobody gives a role above their own, acts on somebody above them, or changes themselves', async () => {
  const manager = await admin('manager')
  const sub = await house.seed({ role: 'viewer' })
  const role = (given: string) => ({ payload: { role: given } })

  assert.deepEqual(refusal(await house.as(manager)('PUT', `/people/${sub}/role`, role('admin'))), [
    403,
    'above-own-rights',
  ])
  assert.equal((await house.as(manager)('PUT', `/people/${sub}/role`, role('manager'))).status, 200)
  for (const path of [`/people/${await admin()}/disable`, `/people/${house.superuser}/disable`])
    assert.deepEqual(refusal(await house.as(manager)('POST', path)), [403, 'above-own-rights'])
  assert.deepEqual(refusal(await house.as(manager)('PUT', `/people/${manager}/role`, role('staff'))), [
    403,
    'own-rights',
  ])
  assert.deepEqual(refusal(await house.as(manager)('POST', `/people/${manager}/disable`)), [403, 'own-rights'])
  assert.equal((await rowOf(manager)).role, 'manager')
  assert.deepEqual(await eventsOf(manager), [])
})

test('the same role again changes nothing and is not audited', async () => {
  const sub = await house.seed({ role: 'staff' })
  const again = await house.as(house.superuser)('PUT', `/people/${sub}/role`, { payload: { role: 'staff' } })

  assert.equal(again.status, 200)
  assert.deepEqual(await eventsOf(sub), [])
})

test('superuser is given by superusers, to an ADMIN, and goes with the role', async () => {
  const plain = await admin()
  const [sub, user] = [await house.seed({ role: 'ADMIN' }), await house.seed()]
  const payload = { superuser: true }
  const root = house.as(house.superuser)

  assert.deepEqual(refusal(await house.as(plain)('PUT', `/people/${sub}/superuser`, { payload })), [
    403,
    'superuser-required',
  ])
  assert.deepEqual(refusal(await root('PUT', `/people/${user}/superuser`, { payload })), [
    409,
    'administrator-role-required',
  ])
  assert.equal((await root('PUT', `/people/${sub}/superuser`, { payload })).body.superuser, true)
  const demoted = await root('PUT', `/people/${sub}/role`, { payload: { role: 'USER' } })
  assert.deepEqual([demoted.body.role, demoted.body.superuser], ['USER', false])
  assert.deepEqual(
    (await eventsOf(sub)).map(({ action, details }) => [action, details]),
    [
      ['person.superuser-given', {}],
      ['person.role-set', { from: 'ADMIN', to: 'USER', superuser: false }],
    ],
  )
})

test('the last superuser cannot leave; with a second one it is still not their own to change', async () => {
  const root = house.as(house.superuser)
  const demote = () => root('PUT', `/people/${house.superuser}/role`, { payload: { role: 'USER' } })
  const alone = await demote()
  await house.seed({ role: 'ADMIN', superuser: true })

  assert.deepEqual(refusal(alone), [409, 'last-administrator'])
  assert.deepEqual(refusal(await demote()), [403, 'own-rights'])
})

test('of two superusers who demote each other at once one stays', async () => {
  for (let round = 0; round < 10; round += 1) {
    await house.db.updateTable('people').set({ superuser: false }).execute()
    const pair = [
      await house.seed({ role: 'ADMIN', superuser: true }),
      await house.seed({ role: 'ADMIN', superuser: true }),
    ] as const
    const demote = (actor: string, target: string) =>
      house.as(actor)('PUT', `/people/${target}/role`, { payload: { role: 'USER' } })
    const answers = await Promise.all([demote(pair[0], pair[1]), demote(pair[1], pair[0])])

    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403])
    const left = await house.db.selectFrom('people').select('sub').where('superuser', '=', true).execute()
    assert.equal(left.length, 1)
  }
  await house.db
    .updateTable('people')
    .set({ superuser: true, role: 'ADMIN' })
    .where('sub', '=', house.superuser)
    .execute()
})

test('a section level is given and taken by who holds it', async () => {
  const actor = await house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin', canvas: 'user' } })
  const sub = await house.seed({ sections: { train: 'user' } })
  const give = (...sections: [id: string, level: string][]) =>
    house.as(actor)('PUT', `/people/${sub}/sections`, {
      payload: { sections: sections.map(([id, level]) => ({ id, level })) },
    })

  const [train, canvas] = [['train', 'user'] as [string, string], ['canvas', 'user'] as [string, string]]
  assert.equal((await give(train, canvas)).status, 200)
  assert.deepEqual(refusal(await give(canvas)), [403, 'above-own-rights'])
  assert.deepEqual(refusal(await give(train, ['canvas', 'admin'])), [403, 'above-own-rights'])
  const { body } = await house.as(actor)('GET', `/people/${sub}`)
  assert.deepEqual(body.own_sections, [
    { id: 'canvas', level: 'user' },
    { id: 'train', level: 'user' },
  ])
})

test('a key or an acting client reads but changes nobody', async () => {
  const sub = await house.seed({ role: 'PENDING' })
  const claims = { scope: 'admin' }

  assert.equal((await house.as(house.superuser)('GET', `/people/${sub}`, { claims })).status, 200)
  const refused = await house.as(house.superuser)('POST', `/people/${sub}/approve`, { claims })
  assert.deepEqual(refusal(refused), [403, 'own-login-required'])
})

test('an SSO name is bound anew once, ends the sessions, and never to a name of somebody else', async () => {
  const [sub, other] = [await house.seed(), await house.seed()]
  const rebind = (name: string) =>
    house.as(house.superuser)('PUT', `/people/${sub}/sso-name`, { payload: { issuer: 'https://idp', sub: name } })

  assert.deepEqual(refusal(await rebind(`idp-${other}`)), [409, 'name-taken'])
  assert.equal((await rebind('new-subject')).status, 200)
  assert.equal((await rebind('new-subject')).status, 200)
  const names = await house.db.selectFrom('person_names').select('sub').where('person_sub', '=', sub).execute()
  assert.deepEqual(names, [{ sub: 'new-subject' }])
  assert.ok((await rowOf(sub)).valid_from > 0)
  assert.equal((await eventsOf(sub)).length, 1)
})

test('a change that fails leaves no line in the audit log and sends no message', async () => {
  const [sub, next] = [await house.seed({ role: 'PENDING' }), await house.seed({ role: 'PENDING' })]
  const root = house.as(house.superuser)
  const grants = ['canvas', 'nowhere'].map((id) => ({ id, level: 'user' }))
  const refused = await root('PUT', `/people/${sub}/sections`, { payload: { sections: grants } })
  await root('POST', `/people/${next}/approve`)
  await house.announced(next, 2)

  assert.equal(refused.status, 400)
  assert.deepEqual([await eventsOf(sub), await house.announced(sub, 0)], [[], []])
})
