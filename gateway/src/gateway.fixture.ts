import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ACCESS_CHANNEL } from '@munjigi/contracts/access'
import type { Store } from '@munjigi/store/store'
import { type TestIssuer, testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import { type SeenRequest, testUpstream } from '@munjigi/testing/upstream'
import { type TestUser, testUser } from '@munjigi/testing/user'
import { buildGateway, type GatewayOptions } from './app.ts'

const INTERNAL_KEY = 'gateway-key-of-this-test'
const ISSUER = 'https://gateway.example'
const KEPT_BYTES = 256 * 1024
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

/** A store's subscriptions, and when the next message has been heard. */
export function hearing(store: Store) {
  let hear = () => {}
  const subscribe: Store['subscribe'] = (channel, listener) => {
    const message = (text: string) => {
      listener.message(text)
      hear()
    }
    return store.subscribe(channel, { ...listener, message })
  }
  const heard = () =>
    new Promise<void>((resolve) => {
      hear = resolve
    })
  return { subscribe, heard }
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

/** What the gateway takes for the user service: keys, the internal contract, and an echo for the rest. */
async function userFront(platform: TestIssuer, user: TestUser) {
  const server = createServer((request, response) => {
    if (request.url === '/.well-known/jwks.json') response.end(JSON.stringify({ keys: platform.publishedKeys }))
    else if (request.url?.startsWith('/internal/')) passTo(user.url, request, response)
    else response.end('user')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function passTo(origin: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url } = request
  const onward = httpRequest(`${origin}${url}`, { method: method as string, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}

/** Bytes on a connection of one's own, for what HTTP libraries would tidy up. */
export class RawClient {
  readonly socket: Socket
  text = ''
  bytes = Buffer.alloc(0)
  isClosed = false
  #waiting: (() => void)[] = []

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk) => {
      if (this.bytes.length < KEPT_BYTES) {
        this.bytes = Buffer.concat([this.bytes, chunk])
        this.text = this.bytes.toString('latin1')
      }
      this.#wake()
    })
    const gone = () => {
      this.isClosed = true
      this.#wake()
    }
    this.socket.on('end', gone)
    this.socket.on('close', gone)
  }

  send(text: string | Buffer): this {
    this.socket.write(text)
    return this
  }

  /** Resolves once what has come fulfils the condition. */
  async until(condition: (client: RawClient) => boolean): Promise<this> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this
  }

  seen(text: string): Promise<this> {
    return this.until((client) => client.text.includes(text))
  }

  /** Resolves when the other side has ended the connection, and ends it on this side too. */
  async closed(): Promise<this> {
    await this.until((client) => client.isClosed)
    this.socket.destroy()
    return this
  }

  get status(): number {
    return Number(this.text.slice(9, 12))
  }

  /** `<status> <problem type>` of the last answer. */
  get refusal(): string {
    const type = /"type":"\/problems\/([a-z-]+)"/.exec(this.text)?.[1]
    return `${this.status} ${type}`
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** One request as bytes, and what came back before the connection ended. */
export const raw = (port: number, text: string): Promise<RawClient> => new RawClient(port).send(text).closed()

/** For what has no event of its own. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

export const problemTypeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { type: string }).type
