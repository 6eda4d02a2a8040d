import fastifyCookie from '@fastify/cookie'
import Fastify, { type FastifyInstance } from 'fastify'
import { COUNTED, KINDS, type Kind, type KindParts } from './kind.ts'
import { bearer } from './kinds/bearer.ts'
import { cookie } from './kinds/cookie.ts'
import { form } from './kinds/form.ts'
import { apiKey, apiKeyQuery, basic } from './kinds/keys.ts'
import { oauth } from './kinds/oauth.ts'
import { totp } from './kinds/totp.ts'

const MOST_BODY_BYTES = 10_000_000
const ROUTES: Record<Kind, (app: FastifyInstance, parts: KindParts) => void> = {
  bearer,
  cookie,
  form,
  oauth,
  'api-key': apiKey,
  'api-key-query': apiKeyQuery,
  basic,
  totp,
}

const INDEX = `An outside service with a login of another kind below each of these paths, to try session-station with:
${KINDS.map((kind) => `  /${kind}`).join('\n')}
How each is opened: packages/dev-target/README.md
`

type Counts = Record<Kind, number>

export interface DevTarget {
  url: string
  /** Since the start, by kind: let in, renewed, login or renewal refused, `data` and `echo` answered. */
  logins(): Counts
  renewals(): Counts
  refusals(): Counts
  requests(): Counts
  /** Ends every session and token, as an outside service does that is deployed anew. */
  forget(options?: { keepsRefreshTokens: boolean }): void
  close(): Promise<void>
}

interface DevTargetOptions {
  /** On 127.0.0.1; 0 by default: any that is free. */
  port?: number
  /** Of tokens and sessions. An hour by default. */
  tokenLifeSeconds?: number
}

/**
 * An outside service with eight kinds of login, one under each path (`/bearer/login`, `/bearer/data`, `/bearer/echo`, …),
 * opened by CREDENTIALS. It is built on nothing of ours, so that it can be a witness.
 */
export async function startDevTarget(options: DevTargetOptions = {}): Promise<DevTarget> {
  const { port = 0, tokenLifeSeconds: lifeSeconds = 3600 } = options
  const counts = Object.fromEntries(COUNTED.map((what) => [what, noneOfAny()])) as Record<
    (typeof COUNTED)[number],
    Counts
  >
  const forgetters: ((keepsRefreshTokens: boolean) => void)[] = []

  const app = Fastify({ bodyLimit: MOST_BODY_BYTES, forceCloseConnections: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  await app.register(fastifyCookie)
  app.get('/', (_request, reply) => reply.type('text/plain; charset=utf-8').send(INDEX))
  for (const kind of KINDS) {
    const parts: KindParts = {
      kind,
      lifeSeconds,
      count(what) {
        counts[what][kind] += 1
      },
      onForget: (forget) => void forgetters.push(forget),
    }
    app.register(async (inside) => ROUTES[kind](inside, parts), { prefix: `/${kind}` })
  }
  const url = await app.listen({ port, host: '127.0.0.1' })
  return {
    url,
    logins: () => ({ ...counts.logins }),
    renewals: () => ({ ...counts.renewals }),
    refusals: () => ({ ...counts.refusals }),
    requests: () => ({ ...counts.requests }),
    forget({ keepsRefreshTokens } = { keepsRefreshTokens: false }) {
      for (const forget of forgetters) forget(keepsRefreshTokens)
    },
    close: () => app.close(),
  }
}

const noneOfAny = () => Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Counts
