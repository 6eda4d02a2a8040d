// The process under test: the whole service on a large database; does what it is told on its core, and says what it cost.

import { committing, prepared } from '@munjigi/db/prepared'
import { withTenant } from '@munjigi/db/tenant'
import type { Principal } from '@munjigi/gateway/admission/principal'
import { callerOf, RateLimits } from '@munjigi/gateway/admission/rate-limits'
import type { Limit } from '@munjigi/gateway/table/limits'
import { createSigningKey, signAccessToken } from '@munjigi/identity/issue'
import { redisStore } from '@munjigi/store/redis'
import { testDatabase } from '@munjigi/testing/database'
import { migrationPlan } from '@munjigi/user/migrations/plan'
import { hashPool } from '@munjigi/user/passwords/hash-pool'
import { hashPassword } from '@munjigi/user/passwords/hashing'
import { people } from '@munjigi/user/people/people-list'
import { servingHandle } from '@munjigi/user/serving-handle'
import type { Tables } from '@munjigi/user/tables'
import { verify } from '@node-rs/argon2'
import { decodeJwt } from 'jose'
import { type Kysely, sql } from 'kysely'
import { type Done, repeat } from '../work.ts'
import { fill } from './fill.ts'
import { emailOf, LARGE, PASSWORD, SESSIONS, type Size, sizeOn, subOf } from './house.ts'
import { type PageTime, timePages } from './pages.ts'
import { startService, unboundHandle } from './service.ts'

export interface Setup {
  redisUrl: string
  prefix: string
}

export interface House {
  port: number
  size: Size
  isPostgres: boolean
  /** Of sessions that were opened by password. */
  refreshTokens: string[]
}

export interface Assignment {
  work:
    | 'loginParts'
    | 'argon2id'
    | 'signatures'
    | 'personUnderTenant'
    | 'personUnbound'
    | 'pageUnderTenant'
    | 'pageUnbound'
    | 'limits'
    | 'networkLimits'
    | 'pages'
  count: number
}

const LOGINS_AT_ONCE = 2
/** As many as the service computes at once on the core that it has: two there would be dearer each. */
const PASSWORDS_AT_ONCE = 1
const CALLERS = 500
const CHECKS_AT_ONCE = 1_000

// A database of its own is not left behind.
let close = async () => {}

async function setUp({ redisUrl, prefix }: Setup) {
  const testing = await testDatabase(migrationPlan)
  close = testing.close
  const size = sizeOn(testing.url)
  await fill(testing.asOwner, size)
  const { database } = testing
  const store = redisStore(redisUrl, prefix)
  const { app, port } = await startService({ database, store })
  const db = servingHandle(database)
  const unbound = unboundHandle(testing)
  close = async () => {
    await app.close()
    await Promise.all([unbound.close(), store.close()])
    await testing.close()
  }

  async function login(number: number): Promise<{ access_token: string; refresh_token: string }> {
    const payload = { email: emailOf(number), password: PASSWORD }
    const answer = await app.inject({ method: 'POST', url: '/api/auth/v1/login', payload })
    if (answer.statusCode !== 200) throw new Error(`a login of the bench was refused: ${answer.body}`)
    return answer.json()
  }

  const opened = []
  for (let number = 1; number <= SESSIONS; number += 1) opened.push(await login(number))
  const claims = decodeJwt(opened[0]?.access_token ?? '') as Parameters<typeof signAccessToken>[0]
  const key = await createSigningKey()
  const hash = await hashPassword(PASSWORD)
  const person = (handle: Kysely<Tables>) => people(handle).find(subOf(4711), LARGE)
  const page = (handle: Kysely<Tables>) => people(handle).list({ tenant_id: LARGE, limit: 50 })
  const underTenant = (ask: typeof person | typeof page) => (count: number) =>
    repeat(count, 1, () => withTenant<Tables, unknown>(db, LARGE, ask))
  const unboundly = (ask: typeof person | typeof page) => (count: number) =>
    repeat(count, 1, () => unbound.db.transaction().execute<unknown>(ask))

  const pool = hashPool()
  const nothing = prepared(sql<{ one: number }>`select 1 as one`.compile(db))
  const last = committing(sql<{ one: number }>`select 2 as one`.compile(db))

  /** What a login cannot do without, by itself: statements and questions that ask for nothing, the hash, the signature. */
  async function parts() {
    await db.executeQuery(nothing)
    await store.admit([])
    await pool.run({ kind: 'known', account: PASSWORD }, () => verify(hash, PASSWORD))
    await store.giveBack({ admitted: [], forgotten: [] })
    await db.transaction().execute(async (trx) => {
      await trx.executeQuery(nothing)
      await trx.executeQuery(last)
    })
    return signAccessToken(claims, key)
  }

  return {
    house: {
      port,
      size,
      isPostgres: testing.url !== undefined,
      refreshTokens: opened.map(({ refresh_token }) => refresh_token),
    } satisfies House,
    loginParts: (count: number) => repeat(count, LOGINS_AT_ONCE, parts),
    argon2id: (count: number) => repeat(count, PASSWORDS_AT_ONCE, () => verify(hash, PASSWORD)),
    signatures: (count: number) => repeat(count, 1, () => signAccessToken(claims, key)),
    personUnderTenant: underTenant(person),
    personUnbound: unboundly(person),
    pageUnderTenant: underTenant(page),
    pageUnbound: unboundly(page),
    limits: limitChecks('person'),
    networkLimits: limitChecks('address'),
    pages: (): Promise<PageTime[]> => timePages(db),
  }
}

/** The gateway's check for callers who never have to wait. */
function limitChecks(by: Limit['by']): (checks: number) => Promise<Done> {
  const limits = new RateLimits()
  const limit: Limit = { id: by, perSecond: 1e6, burst: 1e6, by }
  const callers = Array.from({ length: CALLERS }, (_, index) => ({
    principal: { token: { subject: subOf(index) } } as Principal,
    callerAddress: `2001:db8:${index.toString(16)}::1`,
  }))
  return async (checks) => {
    const batch = () => {
      for (let check = 0; check < CHECKS_AT_ONCE; check += 1)
        limits.require(limit, callerOf(limit, callers[check % CALLERS] as (typeof callers)[number]))
    }
    const { seconds, cpuMicros } = await repeat(checks / CHECKS_AT_ONCE, 1, batch)
    return { done: checks, seconds, cpuMicros: cpuMicros / CHECKS_AT_ONCE }
  }
}

let works: Awaited<ReturnType<typeof setUp>>

async function answer(message: Setup | Assignment): Promise<unknown> {
  if ('work' in message) return works[message.work](message.count)
  works = await setUp(message)
  return works.house
}

process.once('SIGTERM', () => close().finally(() => process.exit()))

process.on('message', (message: Setup | Assignment) =>
  answer(message).then(
    (result) => process.send?.(result),
    async (error) => {
      process.stderr.write(`${(error as Error).stack}\n`)
      await close()
      process.exit(1)
    },
  ),
)
