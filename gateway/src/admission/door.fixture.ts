import type { TestContext } from 'node:test'
import { ACCESS_CHANNEL } from '@munjigi/contracts/access'
import { platformIssuer } from '@munjigi/identity/issuers'
import { createVerifier } from '@munjigi/identity/verifier'
import type { Problem } from '@munjigi/problem'
import type { Listener, Store } from '@munjigi/store/store'
import { testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import { testUser } from '@munjigi/testing/user'
import { canonicalTarget } from '../door/canonical.ts'
import { hearing } from '../hearing.fixture.ts'
import type { Route } from '../table/route.ts'
import { buildRouteTable } from '../table/route-table.ts'
import { parseServicesFile } from '../table/services-file.ts'
import { hearAccessChanges } from './access-changes.ts'
import { createAccessRecords } from './access-records.ts'
import { authenticator } from './authenticate.ts'
import { authorize } from './authorize.ts'
import { readCaller } from './credential.ts'
import { createExchanges } from './exchange.ts'
import { NOBODY, type Principal } from './principal.ts'
import { createUserService } from './user-service.ts'

const INTERNAL_KEY = 'gateway-key-of-this-test'
const SILENT_LOG = { info() {}, warn() {}, error() {} }

const SERVICES = (user: string, keycloak: string, partner: string) => `
services:
  user:
    host: ${user}
    modules:
      - auth: { pending: allow, rules: [{ path: /login, access: open }] }
      - admin: { section: admin-page, level: admin }
  meal:
    host: http://meal.example:8000
    modules:
      - meal:
          clients: [notice-service]
          rules:
            - { path: /v1/menus, methods: [GET], access: public }
            - { path: /v1/menus }
            - { path: /v1/reports, section: reports }
      - case: {}
      - sync: { access: service, clients: [notice-service, partner|robot] }
issuers:
  - { issuer: "${keycloak}", authorized_parties: [kakao-bot, notice-service, other-service], people: shared,
      act_for_users: { notice-service: { modules: [meal] } } }
  - { issuer: "${partner}", audiences: [munjigi], algorithms: [ES256], name: partner, unknown_people: allow,
      act_for_users: { robot: { modules: [meal] } } }
`

export interface Asked {
  headers?: Record<string, string>
  method?: string
  address?: string
}

/** The gateway's steps from the path to the decision, with issuers, user and store at their real edges. */
export async function openDoor(
  t: TestContext,
  { isHearing = true, now }: { isHearing?: boolean; now?: () => number } = {},
) {
  const [platform, keycloak, partner] = await Promise.all([
    testIssuer({ issuer: 'https://gateway.example' }),
    testIssuer(),
    testIssuer({ algorithm: 'ES256' }),
  ])
  const user = await testUser(platform, INTERNAL_KEY)
  const store = testStore()
  const file = parseServicesFile(SERVICES(user.url, keycloak.issuer, partner.issuer), {})
  const table = buildRouteTable(file, {})
  const own = platformIssuer({ issuer: platform.issuer, audience: 'munjigi', jwksUri: platform.jwksUri })
  const verifier = createVerifier({ issuers: [own, ...table.issuers] })
  const asking = createUserService({ find: () => table.userService, internalKey: INTERNAL_KEY, log: SILENT_LOG })
  const records = createAccessRecords({ user: asking, ...(now && { now }) })
  const exchanges = createExchanges({ user: asking, verifier, ...(now && { now }) })
  let listener: Listener | undefined
  const heard = hearing(store)
  const subscribe: Store['subscribe'] = (channel, given) => {
    listener = given
    return heard.subscribe(channel, given)
  }
  /** Done when the gateway has heard it. */
  const announceText = async (text: string) => {
    const arrival = heard.heard()
    await store.publish(ACCESS_CHANNEL, text)
    if (isHearing) await arrival
  }
  const changes = await hearAccessChanges({
    store: isHearing ? { subscribe } : undefined,
    records,
    exchanges,
    log: SILENT_LOG,
  })
  const authenticate = authenticator({ verifier, records, exchanges, platformIssuer: platform.issuer })
  await verifier.prefetch()
  t.after(async () => {
    verifier.close()
    await changes.close()
    await Promise.all([
      platform.close(),
      keycloak.close(),
      partner.close(),
      user.close(),
      asking.close(),
      store.close(),
    ])
  })

  const routeOf = (path: string, method = 'GET'): Route => {
    const route = table.match(canonicalTarget(path, method), method)
    if (route === undefined) throw new Error(`no module at ${path}`)
    return route
  }
  const admit = async (
    path: string,
    { headers = {}, method = 'GET', address = '203.0.113.1' }: Asked = {},
  ): Promise<Principal> => {
    const route = routeOf(path, method)
    if (route.rule.access === 'open') return NOBODY
    const principal = await authenticate(readCaller(Object.entries(headers).flat(), address), route)
    authorize(principal, route)
    return principal
  }
  return {
    platform,
    keycloak,
    partner,
    user,
    verifier,
    records,
    exchanges,
    changes,
    authenticate,
    routeOf,
    admit,
    /** `200 <subject or nobody>`, or `<status> <problem type>`. */
    knock: (path: string, asked?: Asked): Promise<string> =>
      admit(path, asked).then(
        ({ token }) => `200 ${token?.subject ?? 'nobody'}`,
        (problem: Problem) => `${problem.status} ${problem.type}`,
      ),
    lose: () => listener?.lost?.(),
    resubscribe: () => listener?.ready?.(),
    announceText,
    announce: (message: object) => announceText(JSON.stringify(message)),
  }
}

/** Stands still but for a moment at each look, so that how fast a test runs decides nothing. */
export function testClock() {
  let now = 0
  return {
    now: () => {
      now += 0.001
      return now
    },
    pass: (seconds: number) => {
      now += seconds * 1000
    },
  }
}

export const bearer = (token: string): { headers: { authorization: string } } => ({
  headers: { authorization: `Bearer ${token}` },
})
