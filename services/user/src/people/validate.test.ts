import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { refusalOf } from '../refusal.fixture.ts'
import { signedInService } from '../signed-in.fixture.ts'

let service: Awaited<ReturnType<typeof signedInService>>
before(async () => {
  service = await signedInService()
})
after(() => service.close())

const validate = async (person: Awaited<ReturnType<typeof service.signIn>>) => {
  const answer = await person.call('POST', 'validate')
  assert.equal(answer.status, 200)
  return (await answer.json()) as Record<string, unknown>
}

test('validate answers exactly the fields of source 004, the sections sorted and joined by commas', async () => {
  const person = await service.signIn()
  const grants = [
    ['train', 'user'],
    ['canvas', 'admin'],
    ['eval', 'admin'],
  ] as const
  await service.db
    .insertInto('section_grants')
    .values(grants.map(([section_id, level]) => ({ person_sub: person.sub, section_id, level })))
    .execute()

  assert.deepEqual(await validate(person), {
    valid: true,
    user_id: person.loginid,
    username: '한승하',
    is_admin: false,
    user_type: 'standard',
    available_user_sections: 'canvas,eval,train',
    available_admin_sections: 'canvas,eval',
  })
})

test('the type of a person follows role and flag, and a superuser holds every section at both levels', async () => {
  const person = await service.signIn()
  const kinds = async () => {
    const { is_admin, user_type } = await validate(person)
    return [is_admin, user_type]
  }
  await person.change({ role: 'manager', username_kr: '' })
  assert.deepEqual([...(await kinds()), (await validate(person)).username], [false, 'standard', person.loginid])
  await person.change({ role: 'admin' })
  assert.deepEqual(await kinds(), [true, 'admin'])
  await person.change({ role: 'ADMIN' })
  assert.deepEqual(await kinds(), [true, 'admin'])
  await person.change({ superuser: true })
  const { available_user_sections: all, ...answer } = await validate(person)
  const ids = (await service.db.selectFrom('sections').select('id').execute()).map(({ id }) => id)

  assert.deepEqual([answer.is_admin, answer.user_type], [true, 'superuser'])
  assert.equal(all, ids.toSorted().join(','))
  assert.equal(answer.available_admin_sections, all)
})

test('what is no living access token is not valid: 401, and a refresh token is told apart', async () => {
  const person = await service.signIn()
  const wrong = await person.call('POST', 'validate', undefined, person.refreshToken)
  const { detail } = (await wrong.clone().json()) as { detail: string }

  assert.deepEqual([...(await refusalOf(wrong)), detail], [401, 'token-invalid', 'Use access token'])
  assert.deepEqual(await refusalOf(await person.call('POST', 'validate', undefined, 'x')), [401, 'token-invalid'])
  const bare = await fetch(`${service.url}/api/v1/auth/validate`, { method: 'POST' })
  assert.deepEqual(await refusalOf(bare), [401, 'token-missing'])
  assert.equal((await person.call('DELETE', `sessions/${person.sid}`)).status, 204)
  assert.deepEqual(await refusalOf(await person.call('POST', 'validate')), [401, 'session-ended'])
  await person.change({ status: 'disabled' })
  assert.deepEqual(await refusalOf(await person.call('POST', 'validate')), [403, 'account-disabled'])
})
