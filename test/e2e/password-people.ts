import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { PeoplePage } from '@munjigi/contracts/people'
import type { Tenant } from '@munjigi/contracts/tenants'
import type { TokenAnswer } from '@munjigi/contracts/tokens'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { importPeople } from '@munjigi/user/import/import-people'
import { hashPassword } from '@munjigi/user/passwords/hashing'
import { servingHandle } from '@munjigi/user/serving-handle'
import { decodeJwt } from 'jose'
import type { TestHouse } from './house.ts'

const PASSWORD = 'password of everybody'

export const sidOf = ({ access_token }: TokenAnswer): string => String(decodeJwt(access_token).sid)
export const bearer = ({ access_token }: TokenAnswer) => ({ token: access_token })

export type PasswordPeople = Awaited<ReturnType<typeof passwordPeople>>

/** People of a house who sign in by e-mail and password, in tenants of their own, and its superuser. */
export async function passwordPeople(house: TestHouse) {
  const administrator = await house.door.signIn('admin.park', SEEDED_PASSWORD)
  const hash = await hashPassword(PASSWORD)
  const logIn = (email: string, password = PASSWORD) =>
    house.ask<TokenAnswer>('POST', '/api/auth/v1/login', { body: { email, password } })
  const administer = <Body>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object) =>
    house.ask<Body>(method, `/api/admin/v1/${path}`, { token: administrator, ...(body && { body }) })

  return {
    password: PASSWORD,
    administrator,
    administer,
    logIn,
    async signIn(email: string): Promise<TokenAnswer> {
      const { status, body, problem } = await logIn(email)
      assert.equal(status, 200, problem)
      return body
    },
    async newTenant(): Promise<Tenant> {
      const { status, body } = await administer<Tenant>('POST', 'tenants', { name: `tenant ${randomUUID()}` })
      assert.equal(status, 201)
      return body
    },
    /** Imported with a password, as an operator does. */
    async newPerson(role: string, { id }: Tenant): Promise<{ sub: string; email: string }> {
      const email = `${role.toLowerCase()}-${randomUUID()}@munjigi.test`
      const file = Buffer.from(`login_id,email,role,password_hash\n${email},${email},${role},"${hash}"\n`)
      const options = { tenant: { id, isDefault: false }, isDryRun: false }
      assert.deepEqual(await importPeople(servingHandle(house.databases.user), file, options), { count: 1, faults: [] })
      const { body } = await administer<PeoplePage>('GET', `people?search=${encodeURIComponent(email)}`)
      return { sub: body.people[0]?.sub ?? '', email }
    },
  }
}
