import { randomBytes, randomUUID } from 'node:crypto'
import type { NewAuthProfile } from '@munjigi/contracts/auth-profiles'
import { keyRing } from '@munjigi/sealing/fernet'
import { sealedText } from '@munjigi/sealing/sealed-text'
import { memoryStore } from '@munjigi/store/memory'
import { redisStore } from '@munjigi/store/redis'
import { testDatabase } from '@munjigi/testing/database'
import { parseAllowed } from '../egress/allowed-ranges.ts'
import { createEgress } from '../egress/create-egress.ts'
import { bearerRule } from '../injection/bearer-rule.fixture.ts'
import { migrationPlan } from '../migrations/plan.ts'
import { ownProfiles } from '../profiles/own-profiles.ts'
import { servingHandle } from '../serving-handle.ts'
import { type Contexts, type ContextsDeps, createContexts } from './contexts.ts'
import { outsideService } from './outside-service.fixture.ts'
import { untilAnswers } from './until-answers.fixture.ts'

export const redisUrl = process.env.MUNJIGI_TEST_REDIS_URL

const silent = { info() {}, warn() {} }

type Change = Partial<NewAuthProfile>

/** Contexts of several processes' worth over one database and one store, and an outside service to log in at. */
export async function contextsHouse() {
  const { database, url: databaseUrl, close } = await testDatabase(migrationPlan)
  const db = servingHandle(database)
  const key = randomBytes(32).toString('base64url')
  const sealing = sealedText(keyRing(key))
  const egress = createEgress({ allow: parseAllowed('127.0.0.1') })
  const outside = await outsideService()
  const prefix = `test:${randomUUID()}:`
  const store = redisUrl ? redisStore(redisUrl, prefix) : memoryStore()
  await untilAnswers(store.isAlive)
  const opened: Contexts[] = []

  /** A process's worth. */
  function contexts(change: Partial<ContextsDeps> = {}): Contexts {
    const made = createContexts({ db, store, sealing, egress, log: silent, ...change })
    opened.push(made)
    return made
  }
  const first = contexts()
  const profiles = ownProfiles({ db, sealing, contexts: first })

  return {
    database,
    databaseUrl,
    db,
    key,
    sealing,
    egress,
    store,
    prefix,
    outside,
    contexts,
    first,
    profiles,
    /** A bearer login of lee's at a service of its own name; returns the name. */
    async profile(change: Change = {}): Promise<string> {
      const service_id = `s-${randomUUID()}`
      const { login_config, ...others } = change
      await profiles.create(
        { sub: 'lee', createdBy: 'lee' },
        { ...bearerProfile(outside.url), service_id, ...others, ...(login_config && { login_config }) },
      )
      return service_id
    },
    row: (service_id: string) =>
      db.selectFrom('auth_profiles').selectAll().where('service_id', '=', service_id).executeTakeFirstOrThrow(),
    logs: (service_id: string) =>
      db.selectFrom('auth_refresh_logs').selectAll().where('service_id', '=', service_id).orderBy('id').execute(),
    async close() {
      await Promise.all(opened.map((each) => each.close()))
      await Promise.all([egress.close(), outside.close(), store.close(), close()])
    },
  }
}

/** The refresh_config of a profile that renews. */
export const renewing = (url: string): NonNullable<NewAuthProfile['refresh_config']> => ({
  enabled: true,
  refresh_token_field: 'refresh_token',
  url: `${url}/refresh`,
  method: 'POST',
  payload: { refresh_token: '{refresh_token}' },
  timeout: 30,
})

export function loginAt(url: string, password = 'right'): NewAuthProfile['login_config'] {
  return {
    url: `${url}/login`,
    method: 'POST',
    headers: {},
    payload: { username: 'lee', password },
    timeout: 30,
    follow_redirects: true,
  }
}

export function bearerProfile(url: string): Omit<NewAuthProfile, 'service_id'> {
  return {
    name: 'a bearer login',
    auth_type: 'bearer',
    login_config: loginAt(url),
    extraction_rules: [
      { name: 'access_token', source: 'body', key_path: 'access_token' },
      { name: 'refresh_token', source: 'body', key_path: 'refresh_token' },
      { name: 'expires_in', source: 'body', key_path: 'expires_in' },
    ],
    injection_rules: [bearerRule('access_token')],
    ttl: 3600,
    refresh_before_expire: 300,
  }
}

/** A clock that begins at the real one's time and stands still but where it is moved. */
export function movedClock() {
  let time = Date.now()
  return {
    now: () => time,
    move(seconds: number) {
      time += seconds * 1_000
    },
  }
}

/** What is thrown, as its type and what it tells when to come back. */
export async function refusalOf(work: Promise<unknown>): Promise<{ type: string; retryAfter: string | undefined }> {
  const outcome = await work.then(
    () => undefined,
    (error) => error,
  )
  return { type: outcome?.type ?? String(outcome), retryAfter: outcome?.headers?.['retry-after'] }
}
