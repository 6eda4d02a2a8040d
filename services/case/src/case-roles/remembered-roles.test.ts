import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CaseRoleGrant } from '@munjigi/contracts/case-roles'
import { rememberedRoles } from './remembered-roles.ts'

const CASE = '00000000-0000-4000-8000-00000000000a'

/** Memory over a user service whose answers are given by hand, on a clock that is turned by hand. */
function memory() {
  let time = 0
  let asked = 0
  let answer: (sub: string) => Promise<CaseRoleGrant[]> = async () => []
  const roles = rememberedRoles(
    {
      listOfPerson: (sub) => {
        asked += 1
        return answer(sub)
      },
    },
    () => time,
  )
  return {
    roles,
    asked: () => asked,
    pass: (seconds: number) => {
      time += seconds * 1000
    },
    answerWith: (given: typeof answer) => {
      answer = given
    },
    answerRole: (role?: CaseRoleGrant['role']) => {
      answer = async (sub) => (role ? [{ case_id: CASE, sub, role }] : [])
    },
    fail: () => {
      answer = () => Promise.reject(new Error('away'))
    },
    roleOf: async (sub = 'kim') => (await roles.rolesOf(sub)).get(CASE),
  }
}

test('roles are believed for five seconds and asked once for many', async () => {
  const { answerRole, asked, pass, roleOf } = memory()
  answerRole('trustee')
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 20 }, () => roleOf()))), new Set(['trustee']))
  answerRole('viewer')
  pass(4.9)
  assert.equal(await roleOf(), 'trustee')
  assert.equal(asked(), 1)
  pass(0.2)

  assert.equal(await roleOf(), 'viewer')
  assert.equal(asked(), 2)
})

test('a message makes a change count at once, for that person alone', async () => {
  const { answerRole, asked, roleOf, roles } = memory()
  answerRole('trustee')
  for (const sub of ['kim', 'lee']) await roleOf(sub)
  answerRole()
  roles.drop('kim')

  assert.equal(await roleOf('kim'), undefined)
  assert.equal(await roleOf('lee'), 'trustee')
  assert.equal(asked(), 3)
  roles.dropAll()
  assert.equal(await roleOf('lee'), undefined)
})

for (const [what, drop] of Object.entries({
  'about the person': (roles: ReturnType<typeof rememberedRoles>) => roles.drop('kim'),
  'about everybody': (roles: ReturnType<typeof rememberedRoles>) => roles.dropAll(),
}))
  test(`a message ${what} voids an answer that is on its way`, async () => {
    const { answerRole, answerWith, roleOf, roles } = memory()
    const outdated = Promise.withResolvers<CaseRoleGrant[]>()
    answerWith(() => outdated.promise)
    const asking = roleOf()
    drop(roles)
    answerRole('viewer')
    const later = roleOf()
    outdated.resolve([{ case_id: CASE, sub: 'kim', role: 'trustee' }])

    assert.deepEqual([await asking, await later, await roleOf()], ['viewer', 'viewer', 'viewer'])
  })

test('while user is away roles serve for a minute and no longer, and afterwards all goes on', async () => {
  const { answerRole, fail, pass, roleOf } = memory()
  answerRole('trustee')
  await roleOf()
  fail()
  pass(30)
  assert.equal(await roleOf(), 'trustee')
  pass(29)
  assert.equal(await roleOf(), 'trustee')
  pass(2)
  await assert.rejects(roleOf())
  await assert.rejects(roleOf('lee'))
  answerRole('viewer')

  assert.equal(await roleOf(), 'viewer')
})

test('in an outage callers with something to go by wait for one question at a time', async () => {
  const { answerRole, asked, fail, pass, roleOf } = memory()
  answerRole('trustee')
  await roleOf()
  fail()
  pass(10)
  for (let round = 0; round < 10; round += 1) assert.equal(await roleOf(), 'trustee')
  assert.equal(asked(), 2)
  pass(0.6)
  await roleOf()

  assert.equal(asked(), 3)
})

test('while user says nothing, what is stale serves before the question is given up, and a message ends that too', async () => {
  const { answerRole, answerWith, pass, roleOf, roles } = memory()
  answerRole('trustee')
  await roleOf()
  pass(10)
  const silence = Promise.withResolvers<CaseRoleGrant[]>()
  answerWith(() => silence.promise)
  assert.equal(await roleOf(), 'trustee')
  const asking = roleOf()
  roles.drop('kim')
  answerRole('viewer')
  silence.resolve([{ case_id: CASE, sub: 'kim', role: 'trustee' }])

  assert.equal(await asking, 'viewer')
})

test('what a message deleted is never used stale, though it came while the question failed', async () => {
  const { answerRole, answerWith, pass, roleOf, roles } = memory()
  answerRole('trustee')
  await roleOf()
  pass(10)
  const failing = Promise.withResolvers<CaseRoleGrant[]>()
  answerWith(() => failing.promise)
  const asking = roleOf()
  roles.drop('kim')
  failing.reject(new Error('away'))

  await assert.rejects(asking)
  await assert.rejects(roleOf())
})

test('a change that never stops is answered in the end', async () => {
  const { answerWith, roleOf, roles } = memory()
  answerWith(async () => {
    await Promise.resolve()
    roles.drop('kim')
    return []
  })

  await assert.rejects(roleOf(), { type: 'case-roles-unknown', status: 503 })
})
