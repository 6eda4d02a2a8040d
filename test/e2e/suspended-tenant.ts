import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, suite, test } from 'node:test'
import type { MadeApiKey } from '@munjigi/contracts/api-keys'
import type { AuditEvent } from '@munjigi/contracts/audit'
import type { Tenant } from '@munjigi/contracts/tenants'
import type { TokenAnswer } from '@munjigi/contracts/tokens'
import { eventually } from '@munjigi/testing/eventually'
import { decodeJwt } from 'jose'
import { newAccount } from './chats.ts'
import type { TestHouse } from './house.ts'
import { openSocket } from './live-socket.ts'
import { type PasswordPeople, passwordPeople } from './password-people.ts'
import { until, untilRefused } from './patience.ts'

const TRACES = '/api/trace/v1/traces'
const RESTAURANTS = '/api/meal/v1/restaurants'

/** Nothing of a suspended tenant works, by whichever way in, and all of it does again. */
export const suspendedTenant = (open: () => TestHouse) =>
  suite('a tenant', () => {
    let house: TestHouse
    let people: PasswordPeople
    let tenant: Tenant

    before(async () => {
      house = open()
      people = await passwordPeople(house)
      tenant = await people.newTenant()
    })

    const setStatus = async (what: 'suspend' | 'resume') =>
      assert.equal((await people.administer('POST', `tenants/${tenant.id}/${what}`)).status, 200)
    const refresh = ({ refresh_token }: TokenAnswer) =>
      house.ask<TokenAnswer>('POST', '/api/auth/v1/refresh', { body: { refresh_token } })
    const traces = (token: string) => house.ask('GET', TRACES, { token })

    /** By the company's SSO, in this tenant. */
    async function newSsoPerson() {
      const account = await newAccount(house.provider)
      const sub = decodeJwt(await house.door.signIn(account.username, account.password)).sub
      assert.equal((await people.administer('POST', `people/${sub}/approve`)).status, 200)
      const body = { tenant_id: tenant.id }
      assert.equal((await people.administer('PUT', `people/${sub}/tenant`, body)).status, 200)
      const { token, cookie } = await house.door.openSession(account.username, account.password)
      return { ...account, token, cookie }
    }

    test('when it is suspended every way in is closed and what is open ends, and when it is resumed people go on', async () => {
      const { sub, email } = await people.newPerson('staff', tenant)
      const session = await people.signIn(email)
      const token = session.access_token
      const aged = await people.newPerson('viewer', tenant)
      const agedSession = await people.signIn(aged.email)
      const sso = await newSsoPerson()
      const body = { name: 'agent', scopes: ['trace'] }
      const { body: key } = await house.ask<MadeApiKey>('POST', '/api/auth/v1/keys', { token, body })
      const path = `${TRACES}/${randomUUID()}/entries`
      await house.ask('POST', path, { token, body: { level: 'info', message: 'first' } })
      const socket = await openSocket(house, `/ws/trace/${path.split('/')[5]}?token=${token}`)
      const client = await house.provider.clientToken('notice-service')
      const acting = () => house.ask('GET', RESTAURANTS, { token: client, headers: { 'x-user-sub': sub } })
      const cookie = { headers: { cookie: sso.cookie, origin: house.addresses.console } }
      for (const ask of [() => traces(token), () => traces(key.api_key), () => traces(sso.token), acting])
        assert.equal((await ask()).status, 200)
      // Its rights are newer than its token, which is exchanged from now on.
      assert.equal((await people.administer('PUT', `people/${aged.sub}/role`, { role: 'staff' })).status, 200)
      await until(() => traces(agedSession.access_token), 200)

      await setStatus('suspend')

      for (const each of [token, sso.token, agedSession.access_token])
        await untilRefused(() => traces(each), 403, 'tenant-suspended')
      assert.equal(await socket.closed, 4403)
      await untilRefused(() => traces(key.api_key), 401, 'unknown-credential')
      await untilRefused(acting, 403, 'acting-refused')
      for (const refused of [
        await people.logIn(email),
        await refresh(session),
        await house.ask('POST', '/api/auth/v1/refresh', cookie),
      ])
        assert.deepEqual([refused.status, refused.problem], [403, 'tenant-suspended'])
      await assert.rejects(house.door.openSession(sso.username, sso.password), /no sign-in: 403/)

      await setStatus('resume')

      await eventually(async () => assert.equal((await traces(token)).status, 200))
      for (const ask of [() => traces(key.api_key), () => traces(sso.token), acting]) await until(ask, 200)
      assert.equal((await refresh(session)).status, 200)
      assert.equal((await people.logIn(email)).status, 200)
      await house.door.openSession(sso.username, sso.password)
    })

    test('what was done to it and by its people stands in the audit log, found by tenant, target and action', async () => {
      const listed = async (query: string) => {
        const { body } = await people.administer<{ events: AuditEvent[] }>('GET', `audit-events?${query}&limit=200`)
        return body.events
      }
      const administrator = decodeJwt(people.administrator).sub
      const ofTenant = await listed(`target=${tenant.id}`)
      const actions = new Set((await listed(`tenant_id=${tenant.id}`)).map(({ action }) => action))

      assert.deepEqual(
        ofTenant.map(({ action, actor }) => [action, actor]),
        ['tenant.resumed', 'tenant.suspended', 'tenant.created'].map((action) => [action, administrator]),
      )
      for (const action of ['person.imported', 'session.started', 'key.created', 'person.role-set', 'person.acted-for'])
        assert.ok(actions.has(action), action)
      const exported = await house.door.send(`/api/admin/v1/audit-events/export?target=${tenant.id}`, {
        headers: { authorization: `Bearer ${people.administrator}` },
      })
      assert.deepEqual(linesOf(await exported.body.text()), ofTenant)
    })
  })

const linesOf = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
