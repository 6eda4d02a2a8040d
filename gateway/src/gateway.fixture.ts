import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ACCESS_CHANNEL } from '@munjigi/contracts/access'
import { type TestIssuer, testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import { type SeenRequest, testUpstream } from '@munjigi/testing/upstream'
import { type TestUser, testUser } from '@munjigi/testing/user'
import { buildGateway, type GatewayOptions } from './app.ts'
import { hearing } from './hearing.fixture.ts'
import { userFront } from './user-front.fixture.ts'

const INTERNAL_KEY = 'gateway-key-of-this-test'
const ISSUER = 'https://gateway.example'
/** The person whom tokens name unless they say otherwise. */
export const LEE = 'lee'

export interface Running {
  port: number
  url: string
  platform: TestIssuer
  user: TestUser
  lines: string[]
  /** What reached the module `meal`. */
  seen: SeenRequest[]
  token(claims?: Record<string, unknown>): string
  bearer(claims?: Record<string, unknown>): string
  /** Resolves when the gateway has heard it. */
  announce(message: object): Promise<void>
  /** Replaces services.yaml; resolves when the gateway has taken it up. */
  rewrite(change: (text: string) => string): Promise<void>
  metrics(): Promise<string>
  close(): Promise<void>
}

interface Setting {
  /** Answers as the service `meal`. */
  meal?: RequestListener
  /** Further lines under the service `meal`, four spaces deep. */
  settings?: string
  /** Further lines of the file. */
  file?: string
  /** In place of the service's own address. */
  mealUrl?: string
  options?: Partial<GatewayOptions>
}

/** A whole gateway on a free port, with issuer, user, store and the service `meal` at its edges. */
export async function runGateway(t: TestContext, setting: Setting = {}): Promise<Running> {
  const platform = await testIssuer({ issuer: ISSUER })
  const user = await testUser(platform, INTERNAL_KEY)
  user.setPerson({ sub: LEE })
  const front = await userFront(platform, user)
  const meal = await testUpstream(setting.meal ?? answerOk)
  const store = testStore()
  const { heard, subscribe } = hearing(store)
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  const servicesFile = join(folder, 'services.yaml')
  const text = services(front.url, setting.mealUrl ?? meal.url, setting)
  writeFileSync(servicesFile, text)
  const lines: string[] = []
  const gateway = await buildGateway({
    servicesFile,
    environment: {},
    platform: { issuer: ISSUER, audience: 'munjigi' },
    internalKey: INTERNAL_KEY,
    store: { ...store, subscribe },
    logLevel: 'silent',
    lines: { write: (line) => lines.push(line) },
    ...setting.options,
  })
  await gateway.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = gateway.app.server.address() as AddressInfo
  const close = async () => {
    gateway.app.server.closeAllConnections()
    await gateway.app.close()
  }
  t.after(async () => {
    await close()
    await Promise.all([platform.close(), user.close(), front.close(), meal.close(), store.close()])
    rmSync(folder, { recursive: true })
  })
  const generation = async () => /gateway_table_generation (\d+)/.exec(await gateway.metrics())?.[1]
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    platform,
    user,
    lines,
    seen: meal.requests,
    token: (claims) => platform.token({ sub: LEE, ...claims }),
    bearer: (claims) => `Bearer ${platform.token({ sub: LEE, ...claims })}`,
    async announce(message) {
      const arrival = heard()
      await store.publish(ACCESS_CHANNEL, JSON.stringify(message))
      await arrival
    },
    async rewrite(change) {
      const before = await generation()
      writeFileSync(servicesFile, change(text))
      await until(async () => (await generation()) !== before)
    },
    metrics: gateway.metrics,
    close: () => gateway.app.close(),
  }
}

const services = (user: string, meal: string, { settings = '', file = '' }: Setting) => `
services:
  user:
    host: ${user}
    modules: [{ auth: { rules: [{ path: /login, access: open }] } }, { admin: { section: admin-page, level: admin } }]
  meal:
    host: ${meal}
${settings}
    modules:
      - meal:
          rules:
            - { path: /open, access: open }
            - { path: /public, access: public }
            - { path: /reports, section: reports }
            - { path: /only-get, methods: [GET] }
${file}
`

const answerOk: RequestListener = (request, response) => {
  request.resume()
  request.on('end', () => response.end('ok'))
}

/** For what has no event of its own. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

export const problemTypeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { type: string }).type
