import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, suite, test } from 'node:test'
import { type CaseRole, MAX_CASE_ROLES_IN_TOKEN } from '@munjigi/contracts/case-roles'
import type { Approval, Case, CaseMember, CasePage } from '@munjigi/contracts/cases'
import type { Tenant } from '@munjigi/contracts/tenants'
import type { PlatformClaims, TokenAnswer } from '@munjigi/contracts/tokens'
import { wireTap } from '@munjigi/embedded/wire'
import { eventually } from '@munjigi/testing/eventually'
import { servingHandle } from '@munjigi/user/serving-handle'
import { decodeJwt } from 'jose'
import type { TestHouse } from './house.ts'
import { bearer, type PasswordPeople, passwordPeople } from './password-people.ts'
import { until, untilRefused } from './patience.ts'

const CASES = '/api/case/v1/cases'

/** The case service and user, each as it is, of whom one keeps the cases and the other who is what in them. */
export const caseRights = (open: () => TestHouse) =>
  suite('case roles', () => {
    let house: TestHouse
    let people: PasswordPeople
    let tenant: Tenant
    let manager: TokenAnswer
    let managerSub: string

    before(async () => {
      house = open()
      people = await passwordPeople(house)
      tenant = await people.newTenant()
      const { sub, email } = await people.newPerson('manager', tenant)
      managerSub = sub
      manager = await people.signIn(email)
    })

    const newMember = async (role: string) => {
      const { sub, email } = await people.newPerson(role, tenant)
      return { sub, email, session: await people.signIn(email) }
    }
    // User has 700 ms to answer the case service, which a busy machine may exceed: then nothing was done, and it is asked again.
    const openCase = () =>
      eventually(async () => {
        const { status, body } = await house.ask<Case>('POST', CASES, { ...bearer(manager), body: { title: 'a case' } })
        assert.equal(status, 201)
        return body
      })
    const assign = async (case_id: string, sub: string, role: CaseRole) => {
      const path = `${CASES}/${case_id}/members/${encodeURIComponent(sub)}`
      await until(() => house.ask('PUT', path, { ...bearer(manager), body: { role } }), 200)
    }
    const read = (case_id: string, session: TokenAnswer) =>
      house.ask<Case>('GET', `${CASES}/${case_id}`, bearer(session))

    test('whoever opens a case is its trustee, and it is seen by nobody of the tenant who has no role in it', async () => {
      const made = await openCase()
      const { session } = await newMember('attorney')
      const members = await house.ask<{ members: CaseMember[] }>(
        'GET',
        `${CASES}/${made.case_id}/members`,
        bearer(manager),
      )

      assert.equal(made.own_role, 'trustee')
      assert.deepEqual(members.body.members, [{ sub: managerSub, role: 'trustee' }])
      await untilRefused(() => read(made.case_id, session), 403, 'case-role-required')
      assert.deepEqual((await house.ask<CasePage>('GET', CASES, bearer(session))).body.cases, [])
    })

    test('a role that was given counts without a new sign-in, stands in the token that goes on, and ends when it is withdrawn', async () => {
      const { case_id } = await openCase()
      const { sub, session } = await newMember('analyst')
      await untilRefused(() => read(case_id, session), 403, 'case-role-required')
      await assign(case_id, sub, 'reviewer')

      await until(() => read(case_id, session), 200)
      using wire = wireTap()
      await until(async () => {
        const { status } = await read(case_id, session)
        const forwarded = wire.latest(`${CASES}/${case_id}`, house.servicesUrl).headers.authorization ?? ''
        const { case_roles } = decodeJwt<PlatformClaims>(forwarded.replace('Bearer ', ''))
        return { status: case_roles[case_id] === 'reviewer' ? status : 0 }
      }, 200)
      assert.deepEqual(decodeJwt<PlatformClaims>(session.access_token).case_roles, {})
      const approvals = `${CASES}/${case_id}/approvals`
      const asked = await house.ask<Approval>('POST', approvals, { ...bearer(manager), body: { comment: 'please' } })
      const decided = await house.ask<Approval>('POST', `${approvals}/${asked.body.approval_id}/decision`, {
        ...bearer(session),
        body: { decision: 'approved', comment: 'good' },
      })
      assert.deepEqual([decided.status, decided.body.decided_by], [200, sub])
      const change = await house.ask('PATCH', `${CASES}/${case_id}`, { ...bearer(session), body: { title: 'other' } })
      assert.deepEqual([change.status, change.problem], [403, 'permission-required'])

      const member = `${CASES}/${case_id}/members/${sub}`
      assert.equal((await house.ask('DELETE', member, bearer(manager))).status, 204)
      await untilRefused(() => read(case_id, session), 403, 'case-role-required')
    })

    test('of more case roles than a token holds it says that they must be asked for, and the case lets in all the same', async () => {
      const { case_id } = await openCase()
      const { sub, email, session } = await newMember('viewer')
      const elsewhere = Array.from({ length: MAX_CASE_ROLES_IN_TOKEN }, () => randomUUID())
      await servingHandle(house.databases.user)
        .insertInto('case_roles')
        .values(elsewhere.map((each) => ({ tenant_id: tenant.id, case_id: each, person_sub: sub, role: 'viewer' })))
        .execute()
      const full = await people.signIn(email)
      await assign(case_id, sub, 'viewer')
      const over = await people.signIn(email)
      const claimsOf = ({ access_token }: TokenAnswer) => decodeJwt<PlatformClaims>(access_token)

      assert.deepEqual(Object.keys(claimsOf(full).case_roles).toSorted(), elsewhere.toSorted())
      assert.deepEqual([claimsOf(over).case_roles, claimsOf(over).case_roles_ref], [{}, true])
      for (const each of [session, full, over]) await until(() => read(case_id, each), 200)
    })

    test('a case of another tenant, and a person of one, are not there', async () => {
      const { case_id } = await openCase()
      const other = await people.newPerson('manager', await people.newTenant())
      const stranger = await people.signIn(other.email)
      const absent = await read(case_id, stranger)
      const never = await read(randomUUID(), stranger)
      const assigned = await house.ask('PUT', `${CASES}/${case_id}/members/${other.sub}`, {
        ...bearer(manager),
        body: { role: 'viewer' },
      })

      assert.deepEqual([absent.status, absent.problem, never.problem], [404, 'case-not-found', 'case-not-found'])
      assert.deepEqual([assigned.status, assigned.problem], [404, 'unknown-person'])
    })

    test('a case is deleted by an administrator of its tenant, and by no trustee', async () => {
      const { case_id } = await openCase()
      const { session: admin } = await newMember('admin')
      const refused = await house.ask('DELETE', `${CASES}/${case_id}`, bearer(manager))
      assert.deepEqual([refused.status, refused.problem], [403, 'permission-required'])
      assert.equal((await house.ask('DELETE', `${CASES}/${case_id}`, bearer(admin))).status, 204)

      await untilRefused(() => read(case_id, manager), 404, 'case-not-found')
    })
  })
