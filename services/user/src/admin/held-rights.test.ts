import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { SectionLevel } from '@munjigi/contracts/access'
import { permissionsOf, ROLES } from '@munjigi/identity/roles'
import fc from 'fast-check'
import { refusal } from '../refusal.fixture.ts'
import { TENANT } from '../service.fixture.ts'
import { OTHER_TENANT, testAdministration } from './administration.fixture.ts'

const RUNS = 12
const PEOPLE = 5

let house: Awaited<ReturnType<typeof testAdministration>>
before(async () => {
  house = await testAdministration()
  await house.db.insertInto('groups').values({ id: 'trainers', title: '' }).execute()
  await house.db
    .insertInto('group_sections')
    .values({ group_id: 'trainers', section_id: 'train', level: 'admin' })
    .execute()
})
after(() => house.close())

/** Nobody of earlier tests is superuser any more. */
const abdicateAll = () => house.db.updateTable('people').set({ superuser: false }).execute()
const liveSuperusers = async () => {
  const rows = await house.db
    .selectFrom('people')
    .select('sub')
    .where('superuser', '=', true)
    .where('status', '=', 'active')
    .execute()
  return rows.length
}

test('the matrix is shown to administrators, role by role', async () => {
  const { status, body } = await house.as(house.superuser)('GET', '/roles')
  const of = (name: string) => body.roles.find(({ role }: { role: string }) => role === name).permissions

  assert.deepEqual([status, body.roles.length, body.permissions.length], [200, 10, 22])
  assert.deepEqual([of('PENDING'), of('ADMIN')], [[], body.permissions])
  assert.deepEqual([of('manager').includes('user:manage'), of('manager').includes('tenant:manage')], [true, false])
  const user = house.as(await house.seed({ role: 'manager', sections: { 'admin-page': 'user' } }))
  assert.deepEqual(refusal(await user('GET', '/roles')), [403, 'section-required'])
})

test('whichever two ways two superusers take to end each other at once, one stays', async () => {
  const ways = [
    ['PUT', 'role', { role: 'USER' }],
    ['PUT', 'superuser', { superuser: false }],
    ['POST', 'disable', undefined],
  ] as const
  for (const first of ways)
    for (const second of ways) {
      await abdicateAll()
      const pair = [
        await house.seed({ role: 'ADMIN', superuser: true }),
        await house.seed({ role: 'ADMIN', superuser: true, tenant_id: OTHER_TENANT }),
      ] as const
      const end = (actor: string, target: string, [method, path, payload]: (typeof ways)[number]) =>
        house.as(actor)(method, `/people/${target}/${path}`, payload && { payload })
      const answers = await Promise.all([end(pair[0], pair[1], first), end(pair[1], pair[0], second)])

      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 403], `${first[1]} and ${second[1]}`)
      assert.equal(await liveSuperusers(), 1)
    }
})

interface Someone {
  role: string
  superuser: boolean
  status: 'active' | 'disabled'
  tenant_id: string
  sections: Record<string, SectionLevel>
  isTrainer: boolean
}
type Person = Someone & { sub: string }

const SECTIONS = ['admin-page', 'canvas', 'train']
const sections = fc.dictionary(fc.constantFrom(...SECTIONS), fc.constantFrom<SectionLevel>('user', 'admin'), {
  noNullPrototype: true,
})
const someone = fc.record({
  role: fc.constantFrom('manager', 'admin', 'ADMIN', ...ROLES),
  isSuperuser: fc.boolean(),
  status: fc.constantFrom<Someone['status']>('active', 'active', 'active', 'disabled'),
  tenant_id: fc.constantFrom(TENANT, TENANT, OTHER_TENANT),
  // Mostly administrators: others change nothing.
  sections: fc.oneof(
    sections,
    sections.map((own) => ({ ...own, 'admin-page': 'admin' as const })),
  ),
  isTrainer: fc.boolean(),
})
const change = fc.oneof(
  fc.constantFrom(...ROLES).map((role) => ['PUT', 'role', { role }] as const),
  fc.boolean().map((superuser) => ['PUT', 'superuser', { superuser }] as const),
  sections.map((given) => {
    const list = Object.entries(given).map(([id, level]) => ({ id, level }))
    return ['PUT', 'sections', { sections: list }] as const
  }),
  fc.constantFrom([], ['trainers']).map((groups) => ['PUT', 'groups', { groups }] as const),
  fc.constantFrom(TENANT, OTHER_TENANT).map((tenant_id) => ['PUT', 'tenant', { tenant_id }] as const),
  fc.constantFrom('approve', 'reject', 'disable', 'enable').map((way) => ['POST', way, undefined] as const),
)
const step = fc.record({ actor: fc.nat(PEOPLE - 1), target: fc.nat(PEOPLE - 1), change })

/** What somebody holds, one word for each right, worked out from the rows alone. */
function held({ role, superuser, sections, isTrainer }: Someone): Set<string> {
  const granted: [string, SectionLevel][] = [
    ...Object.entries(sections),
    ...(isTrainer ? [['train', 'admin'] as const] : []),
  ].map(([id, level]) => [id, level])
  return new Set([
    ...permissionsOf(role),
    ...(role === 'ADMIN' ? ['ADMIN'] : []),
    ...(superuser ? ['superuser'] : []),
    ...granted.flatMap(([id, level]) => (level === 'admin' ? [`${id} user`, `${id} admin`] : [`${id} user`])),
  ])
}
const holdsAll = (person: Someone, words: Iterable<string>) =>
  person.superuser || [...words].every((word) => held(person).has(word))

async function everybody(subs: string[]): Promise<Person[]> {
  const rows = await house.db
    .selectFrom('people')
    .select(['sub', 'role', 'superuser', 'status', 'tenant_id'])
    .where('sub', 'in', subs)
    .execute()
  const grants = await house.db.selectFrom('section_grants').selectAll().where('person_sub', 'in', subs).execute()
  const members = await house.db.selectFrom('group_members').selectAll().where('person_sub', 'in', subs).execute()
  return subs.map((sub) => ({
    ...(rows.find((row) => row.sub === sub) as Person),
    sections: Object.fromEntries(
      grants
        .filter(({ person_sub }) => person_sub === sub)
        .map(({ section_id, level }) => [section_id, level])
        .toSorted(),
    ),
    isTrainer: members.some(({ person_sub }) => person_sub === sub),
  }))
}

/** What must hold of one change, whoever made it of whom. */
function assertWithin(actor: Person, was: Person, is: Person, status: number): void {
  const mayChange = status === 200 && actor.sub !== was.sub
  if (!mayChange) assert.deepEqual(is, was, 'a refusal changes nothing, and nobody changes themselves')
  if (status !== 200) return
  assert.ok(holdsAll(actor, ['admin-page admin']) && actor.status === 'active' && actor.role !== 'PENDING')
  if (!actor.superuser) assert.deepEqual([was.tenant_id, is.tenant_id], [actor.tenant_id, actor.tenant_id])
  if (actor.sub === was.sub) return
  const before = held(was)
  const isAbove = (word: string) => !word.endsWith(' user') && !holdsAll(actor, [word])
  assert.deepEqual([...before].filter(isAbove), [], 'nobody acts on who is above them')
  const gained = [...held(is)].filter((word) => !before.has(word))
  assert.ok(holdsAll(actor, gained), `${gained} were given by who does not hold them all`)
  const lostSections = [...before].filter((word) => word.includes(' ') && !held(is).has(word))
  assert.ok(holdsAll(actor, lostSections), `${lostSections} were taken by who does not hold them all`)
}

test('whoever changes whom in whatever way: nobody gets above what the actor held, and a superuser stays', async () => {
  let changes = 0
  const property = fc.asyncProperty(
    fc.array(someone, { minLength: PEOPLE, maxLength: PEOPLE }),
    fc.array(step, { minLength: 8, maxLength: 8 }),
    async (drawn, steps) => {
      await abdicateAll()
      const subs: string[] = []
      for (const [index, { isSuperuser, isTrainer, ...person }] of drawn.entries()) {
        const root = { ...person, role: 'ADMIN', superuser: true, status: 'active' as const }
        const sub = await house.seed(
          index === 0 ? root : { ...person, superuser: isSuperuser && person.role === 'ADMIN' },
        )
        if (isTrainer)
          await house.db.insertInto('group_members').values({ group_id: 'trainers', person_sub: sub }).execute()
        subs.push(sub)
      }
      let people = await everybody(subs)
      for (const { actor, target, change } of steps) {
        const [method, path, payload] = change
        const { status } = await house.as(subs[actor] as string)(
          method,
          `/people/${subs[target]}/${path}`,
          payload && { payload },
        )
        assert.ok(status < 500, `${status}`)
        const now = await everybody(subs)
        assertWithin(people[actor] as Person, people[target] as Person, now[target] as Person, status)
        assert.deepEqual(now.toSpliced(target, 1), people.toSpliced(target, 1), 'nobody else is changed')
        assert.ok((await liveSuperusers()) > 0)
        if (status === 200) changes += 1
        people = now
      }
    },
  )
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true })

  assert.ok(changes > 0)
})
