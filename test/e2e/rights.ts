import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { before, suite, test } from 'node:test'
import type { ActiveApiKey, MadeApiKey } from '@munjigi/contracts/api-keys'
import type { PersonSession, SessionList } from '@munjigi/contracts/sessions'
import type { Tenant } from '@munjigi/contracts/tenants'
import type { TokenAnswer } from '@munjigi/contracts/tokens'
import type { TestHouse } from './house.ts'
import { bearer, type PasswordPeople, passwordPeople, sidOf } from './password-people.ts'
import { until, untilRefused } from './patience.ts'

const TRACES = '/api/trace/v1/traces'
const CASES = '/api/case/v1/cases'
const SESSIONS = '/api/auth/v1/sessions'
const KEYS = '/api/auth/v1/keys'
/** A cap that services.yaml and user's variables leave as it is. */
const SESSIONS_PER_PERSON = 5

/** What people who sign in by password may, as the door holds them to it. */
export const rights = (open: () => TestHouse, servicesFile: string) =>
  suite('rights', () => {
    let house: TestHouse
    let people: PasswordPeople
    let tenant: Tenant

    before(async () => {
      house = open()
      people = await passwordPeople(house)
      tenant = await people.newTenant()
    })

    const traces = (session: TokenAnswer) => house.ask('GET', TRACES, bearer(session))
    const sessionsOf = async (session: TokenAnswer): Promise<PersonSession[]> =>
      (await house.ask<SessionList>('GET', SESSIONS, bearer(session))).body.sessions
    const refresh = ({ refresh_token }: TokenAnswer) =>
      house.ask<TokenAnswer & { detail: string }>('POST', '/api/auth/v1/refresh', { body: { refresh_token } })

    test('a person sees where they are signed in, ends one place or all others, and its tokens end at the gateway', async () => {
      const { email } = await people.newPerson('staff', tenant)
      const [first, second, third] = [
        await people.signIn(email),
        await people.signIn(email),
        await people.signIn(email),
      ]
      for (const session of [first, second]) assert.equal((await traces(session)).status, 200)
      assert.deepEqual(
        (await sessionsOf(third)).map(({ sid, way, current }) => [sid, way, current]),
        [
          [sidOf(third), 'password', true],
          [sidOf(second), 'password', false],
          [sidOf(first), 'password', false],
        ],
      )
      assert.equal((await house.ask('DELETE', `${SESSIONS}/${sidOf(first)}`, bearer(third))).status, 204)

      await untilRefused(() => traces(first), 401, 'session-ended')
      const refused = await refresh(first)
      assert.deepEqual([refused.status, refused.problem, refused.body.detail], [401, 'session-ended', 'Token revoked'])
      assert.equal((await traces(second)).status, 200)
      assert.equal((await house.ask('DELETE', SESSIONS, bearer(third))).status, 204)
      await untilRefused(() => traces(second), 401, 'session-ended')
      assert.equal((await traces(third)).status, 200)
    })

    test('one sign-in more than a person may have ends the session that was idle longest', async () => {
      const { email } = await people.newPerson('staff', tenant)
      const oldest = await people.signIn(email)
      assert.equal((await traces(oldest)).status, 200)
      const later: TokenAnswer[] = []
      while (later.length < SESSIONS_PER_PERSON) later.push(await people.signIn(email))

      await untilRefused(() => traces(oldest), 401, 'session-ended')
      for (const session of later) assert.equal((await traces(session)).status, 200)
    })

    test('a changed password ends the other sessions at the gateway, and signs in from then on', async () => {
      const { email } = await people.newPerson('staff', tenant)
      const [elsewhere, here] = [await people.signIn(email), await people.signIn(email)]
      assert.equal((await traces(elsewhere)).status, 200)
      const body = { current_password: people.password, new_password: 'another password' }
      assert.equal((await house.ask('PUT', '/api/auth/v1/password', { ...bearer(here), body })).status, 204)

      await untilRefused(() => traces(elsewhere), 401, 'session-ended')
      assert.equal((await traces(here)).status, 200)
      const old = await people.logIn(email)
      assert.deepEqual([old.status, old.problem], [401, 'credentials-invalid'])
      assert.equal((await people.logIn(email, 'another password')).status, 200)
    })

    test('a token is validated at the door as source 004 asks, and one for refreshing is told apart', async () => {
      const { email } = await people.newPerson('analyst', tenant)
      const session = await people.signIn(email)
      const validate = (token = '') => house.ask<{ detail: string }>('POST', '/api/auth/v1/validate', { token })
      const { status, body } = await validate(session.access_token)

      assert.equal(status, 200)
      assert.deepEqual(body, {
        valid: true,
        user_id: email,
        username: email,
        is_admin: false,
        user_type: 'standard',
        available_user_sections: '',
        available_admin_sections: '',
      })
      const wrong = await validate(session.refresh_token)
      assert.deepEqual([wrong.status, wrong.problem, wrong.body.detail], [401, 'token-invalid', 'Use access token'])
    })

    test('an API key is shown once, opens what it is for as its owner, and ends when it is revoked', async () => {
      const { email } = await people.newPerson('manager', tenant)
      const session = await people.signIn(email)
      const by = (token: string, path = CASES) => house.ask('GET', path, { token })
      const body = { name: 'report', scopes: ['case'] }
      const { body: key } = await house.ask<MadeApiKey>('POST', KEYS, { ...bearer(session), body })
      const active = await house.ask<ActiveApiKey>('GET', `${KEYS}/active`, bearer(session))

      assert.match(key.api_key, /^mj_[a-z0-9]{8}_[\w-]{49}$/)
      assert.equal(active.body.api_key, `${key.api_key.slice(0, 'mj_ab12cd34_'.length)}…`)
      assert.equal((await by(key.api_key)).status, 200)
      const elsewhere = await by(key.api_key, TRACES)
      assert.deepEqual([elsewhere.status, elsewhere.problem], [403, 'scope-required'])
      assert.equal((await house.ask('DELETE', `${KEYS}/${key.key_id}`, bearer(session))).status, 204)
      await untilRefused(() => by(key.api_key), 401, 'unknown-credential')
      assert.equal((await house.ask('GET', `${KEYS}/active`, bearer(session))).problem, 'no-active-key')
    })

    test('who is moved to another tenant has no key of before that opens anything, and makes new ones there', async () => {
      const { email, sub } = await people.newPerson('manager', tenant)
      const newKey = async () => {
        const body = { name: 'agent', scopes: ['case'] }
        const made = await house.ask<MadeApiKey>('POST', KEYS, { ...bearer(await people.signIn(email)), body })
        return made.body.api_key
      }
      const by = (token: string) => house.ask('GET', CASES, { token })
      const old = await newKey()
      assert.equal((await by(old)).status, 200)
      const { id } = await people.newTenant()
      assert.equal((await people.administer('PUT', `people/${sub}/tenant`, { tenant_id: id })).status, 200)

      await untilRefused(() => by(old), 401, 'unknown-credential')
      assert.equal((await by(await newKey())).status, 200)
    })

    test('a role counts from the moment it is given, with the token from before', async () => {
      const { email, sub } = await people.newPerson('viewer', tenant)
      const session = await people.signIn(email)
      const openCase = () =>
        house.ask<{ detail: string }>('POST', CASES, { ...bearer(session), body: { title: 'of now' } })
      const refused = await openCase()
      assert.deepEqual([refused.status, refused.body.detail], [403, "Permission 'case:create' required"])
      assert.equal((await people.administer('PUT', `people/${sub}/role`, { role: 'manager' })).status, 200)

      await until(openCase, 201)
      assert.equal((await people.administer('PUT', `people/${sub}/role`, { role: 'viewer' })).status, 200)
      await untilRefused(openCase, 403, 'permission-required')
    })

    test('the header of another tenant is refused at the door, in words of the contract', async () => {
      const { email } = await people.newPerson('staff', tenant)
      const session = await people.signIn(email)
      const asked = (id: string) =>
        house.ask<{ detail: string }>('GET', TRACES, { ...bearer(session), headers: { 'x-tenant-id': id } })
      const { status, problem, body } = await asked((await people.newTenant()).id)

      assert.deepEqual([status, problem, body.detail], [403, 'tenant-mismatch', 'Tenant mismatch'])
      assert.equal((await asked(tenant.id)).status, 200)
    })

    test('limits that operations write into services.yaml hold from then on, for each person by themselves', async (t) => {
      const asShipped = readFileSync(servicesFile, 'utf8')
      const [one, other] = [await people.newPerson('staff', tenant), await people.newPerson('staff', tenant)]
      const [first, second] = [await people.signIn(one.email), await people.signIn(other.email)]
      // One in a quarter of an hour: however slow this machine is, the second comes too early.
      const limits = '- trace:\n          limits: { requests_per_second: 0.001, burst: 1 }\n'
      const limited = asShipped.replace('- trace:\n', limits)
      assert.notEqual(limited, asShipped)
      t.after(async () => {
        writeFileSync(servicesFile, asShipped)
        await until(() => traces(first), 200)
      })
      writeFileSync(servicesFile, limited)

      await untilRefused(() => traces(first), 429, 'too-many-requests')
      const { headers } = await traces(first)
      assert.match(String(headers['retry-after']), /^[1-9]\d*$/)
      assert.deepEqual([headers['ratelimit-limit'], headers['ratelimit-remaining']], ['1', '0'])
      assert.equal((await traces(second)).status, 200)
    })
  })
