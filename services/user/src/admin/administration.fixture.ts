import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { ACCESS_CHANNEL, type AccessMessage, type SectionLevel } from '@munjigi/contracts/access'
import { platformIssuer } from '@munjigi/identity/issuers'
import { createVerifier } from '@munjigi/identity/verifier'
import { createServer } from '@munjigi/server/create-server'
import { testDatabase } from '@munjigi/testing/database'
import { eventually } from '@munjigi/testing/eventually'
import { testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import type { InjectOptions } from 'fastify'
import { accessEvents } from '../access-events.ts'
import { migrationPlan } from '../migrations/plan.ts'
import { outbox } from '../notices/outbox.ts'
import { startSender } from '../notices/sender.ts'
import { FRONTEND, TENANT } from '../service.fixture.ts'
import { servingHandle } from '../serving-handle.ts'
import type { Tables } from '../tables.ts'
import { adminRoutes } from './admin-routes.ts'

export const OTHER_TENANT = '00000000-0000-4000-8000-000000000002'

interface Seed extends Partial<Pick<Tables['people'], 'email'>> {
  role?: string
  superuser?: boolean
  status?: 'active' | 'disabled' | 'rejected'
  tenant_id?: string
  username_kr?: string
  user_id?: string
  sections?: Record<string, SectionLevel>
}

type Call = Omit<InjectOptions, 'headers'> & { claims?: Record<string, unknown> }

/** The module alone on a database of its own, with real tokens and every message it sends. */
export async function testAdministration({ mailUrl }: { mailUrl?: string } = {}) {
  const [{ database, close }, issuer, shared] = await Promise.all([
    testDatabase(migrationPlan),
    testIssuer(),
    testIssuer(),
  ])
  const db = servingHandle(database)
  const store = testStore()
  const platform = { issuer: issuer.issuer, audience: 'munjigi', jwksUri: issuer.jwksUri }
  const verifier = createVerifier({
    issuers: [
      platformIssuer(platform),
      { ...platformIssuer({ ...platform, issuer: shared.issuer, jwksUri: shared.jwksUri }), isPlatform: false },
    ],
  })
  const app = createServer({ name: 'admin-test', logLevel: 'silent' })
  const events = accessEvents({ db, store, platformIssuer: issuer.issuer, log: app.log })
  const mail = mailUrl === undefined ? undefined : { endpoint: mailUrl, key: 'mail-key', bodyOf: JSON.stringify }
  const settings = { frontendUrl: FRONTEND, mail }
  const sender = startSender({ db, mail, log: app.log })
  app.addHook('onClose', sender.close)
  adminRoutes(app, { db, events, verifier, settings, outbox: outbox(settings), sender })
  const messages: AccessMessage[] = []
  const subscription = await store.subscribe(ACCESS_CHANNEL, {
    message: (text) => void messages.push(JSON.parse(text)),
  })
  await db
    .insertInto('tenants')
    .values([TENANT, OTHER_TENANT].map((id) => ({ id, name: `tenant ${id.at(-1)}` })))
    .execute()

  const seed = async ({ sections = {}, ...person }: Seed = {}): Promise<string> => {
    const sub = randomUUID()
    const row = { sub, user_id: `id-${sub}`, tenant_id: TENANT, role: 'USER', ...person }
    await db.insertInto('people').values(row).execute()
    await db
      .insertInto('person_names')
      .values({ issuer: 'https://idp', sub: `idp-${sub}`, person_sub: sub })
      .execute()
    for (const [section_id, level] of Object.entries(sections))
      await db.insertInto('section_grants').values({ person_sub: sub, section_id, level }).execute()
    return sub
  }
  const as =
    (sub: string) =>
    async (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, call: Call = {}) => {
      const { claims, ...rest } = call
      const token = issuer.token({ sub, ...claims })
      const headers = { authorization: `Bearer ${token}`, 'x-user-sub': sub }
      const answer = await app.inject({ method, url: `/api/admin/v1${path}`, headers, ...rest })
      return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() }
    }

  return {
    app,
    db,
    verifier,
    issuer,
    /** The IdP that people sign in with, whose tokens are verified too. */
    shared,
    /** The messages that say `text`, once there are so many. */
    announced: (text: string, count: number): Promise<AccessMessage[]> =>
      eventually(() => {
        const found = messages.filter((message) => JSON.stringify(message).includes(text))
        assert.ok(found.length >= count, `${found.length} of ${count} messages`)
        return found
      }),
    seed,
    as,
    superuser: await seed({ role: 'ADMIN', superuser: true }),
    close: async () => {
      await app.close()
      verifier.close()
      await subscription.close()
      await store.close()
      await close()
      await Promise.all([issuer.close(), shared.close()])
    },
  }
}
