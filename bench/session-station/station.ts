// The process under test: the whole service, and beside it the plain forward; does what it is told and says what it cost.
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { platformIssuer } from '@munjigi/identity/issuers'
import { createVerifier } from '@munjigi/identity/verifier'
import { keyRing } from '@munjigi/sealing/fernet'
import { sealedText } from '@munjigi/sealing/sealed-text'
import { buildApp } from '@munjigi/session-station/app'
import { createContexts } from '@munjigi/session-station/contexts/contexts'
import { parseAllowed } from '@munjigi/session-station/egress/allowed-ranges'
import { createEgress } from '@munjigi/session-station/egress/create-egress'
import { migrationPlan } from '@munjigi/session-station/migrations/plan'
import { servingHandle } from '@munjigi/session-station/serving-handle'
import { redisStore } from '@munjigi/store/redis'
import { testDatabase } from '@munjigi/testing/database'
import { testIssuer } from '@munjigi/testing/issuer'
import { sql } from 'kysely'
import { type Done, repeat } from '../work.ts'
import { plainForward } from './plain-forward.ts'
import { bearerProfile } from './profile.ts'

export interface Setup {
  redisUrl: string
  prefix: string
  outside: string
}

/** Where it listens and what opens it; all that another process of the same service needs, too. */
export interface Station {
  port: number
  plainPort: number
  headers: Record<string, string>
  /** Undefined: PGlite, which is in that process alone. */
  databaseUrl: string | undefined
  key: string
}

/** `contexts`, `redis`, `page`: so often; `cold`: a profile by that name. */
export type Assignment = { work: 'contexts' | 'redis' | 'page'; count: number } | { work: 'cold'; service_id: string }

const SUB = 'bench-person'
const AT_ONCE = 16
const PROFILES = 10_000
const BASE = '/api/session-station/v1'

async function setUp({ redisUrl, prefix, outside }: Setup) {
  const issuer = await testIssuer()
  const { database, url: databaseUrl, close } = await testDatabase(migrationPlan)
  const store = redisStore(redisUrl, prefix)
  const verifier = createVerifier({
    issuers: [platformIssuer({ issuer: issuer.issuer, audience: 'munjigi', jwksUri: issuer.jwksUri })],
  })
  const key = randomBytes(32).toString('base64url')
  const sealing = sealedText(keyRing(key))
  const allow = parseAllowed('127.0.0.1')
  const app = buildApp({ database, store, verifier, settings: { sealing, egress: { allow } } }, { logLevel: 'silent' })
  const plain = plainForward(outside)
  await Promise.all([app, plain].map((server) => server.listen({ port: 0, host: '127.0.0.1' })))
  const db = servingHandle(database)
  const egress = createEgress({ allow })
  const contexts = createContexts({ db, store, sealing, egress, log: app.log })
  const headers = { authorization: `Bearer ${issuer.token({ sub: SUB })}`, 'x-user-sub': SUB }
  const portOf = (server: typeof app) => (server.server.address() as AddressInfo).port

  async function create(service_id: string): Promise<void> {
    const payload = bearerProfile(service_id, outside)
    const { statusCode, body } = await app.inject({ method: 'POST', url: `${BASE}/auth-profiles`, headers, payload })
    if (statusCode !== 201) throw new Error(`the profile of the bench was refused: ${body}`)
  }
  await create('bench')
  await contexts.headers(SUB, 'bench')
  await sql`
    insert into session_station.auth_profiles
      (user_id, service_id, name, auth_type, login_config, extraction_rules, injection_rules, allowed_origins)
    select user_id, 'many-' || number, name, auth_type, login_config, extraction_rules, injection_rules, allowed_origins
    from session_station.auth_profiles, generate_series(1, ${PROFILES}::integer) as number`.execute(db)

  return {
    station: { port: portOf(app), plainPort: portOf(plain), headers, databaseUrl, key } satisfies Station,
    contexts: (count: number): Promise<Done> => repeat(count, AT_ONCE, () => contexts.headers(SUB, 'bench')),
    redis: (count: number): Promise<Done> => repeat(count, AT_ONCE, () => store.get(`auth_context:{${SUB}:bench}`)),
    page: (count: number): Promise<Done> =>
      repeat(count, 1, async (index) => {
        const url = `${BASE}/auth-profiles?limit=100&cursor=${(index % 90) * 100 + 1}`
        const answer = await app.inject({ method: 'GET', url, headers })
        if (answer.json().length !== 100) throw new Error('a page of the bench is not full')
      }),
    cold: create,
    async close() {
      await Promise.all([contexts.close(), app.close(), plain.close()])
      verifier.close()
      await Promise.all([egress.close(), issuer.close(), store.close()])
      await close()
    },
  }
}

let works: Awaited<ReturnType<typeof setUp>>

// A database of its own is not left behind.
process.once('SIGTERM', async () => {
  await works?.close()
  process.exit()
})

process.on('message', async (message: Setup | Assignment) => {
  if (!('work' in message)) {
    works = await setUp(message)
    process.send?.(works.station)
  } else if (message.work === 'cold') {
    await works.cold(message.service_id)
    process.send?.('ready')
  } else process.send?.(await works[message.work](message.count))
})
