import assert from 'node:assert/strict'
import { ACCESS_CHANNEL } from '@munjigi/contracts/access'
import type { Database } from '@munjigi/db/connect'
import { platformIssuer } from '@munjigi/identity/issuers'
import { permissionsOf } from '@munjigi/identity/roles'
import { createVerifier } from '@munjigi/identity/verifier'
import type { Store } from '@munjigi/store/store'
import { testDatabase } from '@munjigi/testing/database'
import { testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { migrationPlan, SCHEMA, SERVING_ROLE } from './migrations/plan.ts'
import type { Tables } from './tables.ts'
import { testCaseRoles } from './user.fixture.ts'

export const TENANT = '00000000-0000-4000-8000-000000000001'
export const OTHER_TENANT = '00000000-0000-4000-8000-000000000002'
export const INTERNAL_KEY = 'Zx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL'

export interface Person {
  sub: string
  role: string
  tenant_id: string
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what tests assert.
  body: any
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The whole service over HTTP on a database and a store of its own, with a user service played at the edge. */
export async function testService() {
  const issuer = await testIssuer()
  const opened = await testDatabase(migrationPlan)
  const store = testStore()
  const user = await testCaseRoles(INTERNAL_KEY, (sub) =>
    store.publish(ACCESS_CHANNEL, JSON.stringify({ issuer: issuer.issuer, sub })),
  )
  const trusted = platformIssuer({ issuer: issuer.issuer, audience: 'munjigi', jwksUri: issuer.jwksUri })
  const verifier = createVerifier({ issuers: [trusted] })
  const apps: FastifyInstance[] = []

  /** A further process's worth of the service on the same database. */
  async function start(differing: { database?: Database; store?: Store } = {}): Promise<string> {
    const app = buildApp(
      { database: opened.database, store, verifier, user: { url: user.url, internalKey: INTERNAL_KEY }, ...differing },
      { logLevel: 'silent' },
    )
    apps.push(app)
    return app.listen({ host: '127.0.0.1', port: 0 })
  }
  const url = await start()

  function newPerson(role: string, tenant_id = TENANT): Person {
    const sub = `${role}-${crypto.randomUUID().slice(0, 8)}`
    user.addPerson(sub, tenant_id)
    return { sub, role, tenant_id }
  }
  const tokenOf = (person: Person, claims: object = {}) =>
    issuer.token({ ...person, permissions: permissionsOf(person.role), ...claims })

  async function send(
    base: string,
    method: Method,
    path: string,
    init: { token: string; sub: string; body?: unknown; headers?: object },
  ) {
    const response = await fetch(`${base}/api/case/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${init.token}`,
        'x-user-sub': init.sub,
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? undefined : JSON.parse(text),
    }
  }

  const call = (
    person: Person,
    method: Method,
    path: string,
    body?: unknown,
    { claims = {}, headers = {}, base = url }: { claims?: object; headers?: object; base?: string } = {},
  ): Promise<Answer> =>
    send(base, method, path, {
      token: tokenOf(person, claims),
      sub: person.sub,
      headers,
      ...(body !== undefined && { body }),
    })

  return {
    url,
    start,
    issuer,
    database: opened.database,
    db: opened.database.as<Tables>(SERVING_ROLE, { acrossTenants: true }).withSchema(SCHEMA),
    store,
    user,
    newPerson,
    tokenOf,
    call,
    /** Tells everybody that this person's rights changed. */
    announce: (sub: string) => store.publish(ACCESS_CHANNEL, JSON.stringify({ issuer: issuer.issuer, sub })),
    async newCase(creator: Person, title = 'A case'): Promise<string> {
      const answer = await call(creator, 'POST', '/cases', { title })
      assert.equal(answer.status, 201, answer.text)
      return answer.body.case_id
    },
    async close() {
      await Promise.all(apps.map((app) => app.close()))
      verifier.close()
      await Promise.all([store.close(), opened.close(), issuer.close(), user.close()])
    },
  }
}

/** Status and problem type, or the status alone. */
export const outcome = ({ status, body }: Answer): string =>
  status < 400 ? String(status) : `${status} ${String(body?.type).replace('/problems/', '')}`

/** Asks until it is so: what comes by message comes a moment later. */
export async function until(expected: string, ask: () => Promise<Answer>): Promise<void> {
  const end = Date.now() + 10_000
  let found = outcome(await ask())
  while (found !== expected && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    found = outcome(await ask())
  }
  assert.equal(found, expected)
}
