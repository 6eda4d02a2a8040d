import { testUpstream } from '@munjigi/testing/upstream'

interface Turn {
  /** Happens when the request has come, before it is judged. */
  before?: () => unknown
  /** Happens when it was judged (a token made, another used up), before the answer goes out. */
  after?: () => unknown
  /** Answered in place of what the service would say. */
  answer?: { status: number; headers?: Record<string, string>; body?: unknown }
}

/** Gives tokens for a password at `/login`, and others for a refresh token at `/refresh`, each of which works once. */
export async function outsideService() {
  const turns: Turn[] = []
  const asked: string[] = []
  let always: Turn = {}
  let made = 0
  let reuses = 0
  const refreshTokens = new Map<string, 'live' | 'used'>()

  const upstream = await testUpstream(async (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    let text = ''
    for await (const chunk of request) text += chunk
    const turn = turns.shift() ?? always
    await turn.before?.()
    const { status, headers = {}, body } = turn.answer ?? judge(path, JSON.parse(text || '{}'))
    await turn.after?.()
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body ?? {}))
  })

  function judge(path: string, body: Record<string, unknown>): NonNullable<Turn['answer']> {
    if (path === '/refresh') return renew(String(body.refresh_token))
    return body.password === 'right' ? tokens() : { status: 401, body: { error: 'wrong' } }
  }

  /** RFC 9700 §4.14.2: a token that comes twice ends all that it led to. */
  function renew(token: string): NonNullable<Turn['answer']> {
    const state = refreshTokens.get(token)
    if (state === 'used') {
      reuses += 1
      refreshTokens.clear()
    }
    if (state !== 'live') return { status: 400, body: { error: 'invalid_grant' } }
    refreshTokens.set(token, 'used')
    return tokens()
  }

  function tokens(): NonNullable<Turn['answer']> {
    made += 1
    refreshTokens.set(`refresh-${made}`, 'live')
    return { status: 200, body: { access_token: `access-${made}`, refresh_token: `refresh-${made}` } }
  }

  return {
    url: upstream.url,
    /** Bodies that came to that path, oldest first. */
    bodies: (path: string): unknown[] =>
      upstream.requests.filter(({ url }) => url === path).map(({ body }) => JSON.parse(body)),
    count: (path: string) => asked.filter((one) => one === path).length,
    /** How often a refresh token came that had been used. */
    reuses: () => reuses,
    next: (turn: Turn) => void turns.push(turn),
    always(turn: Turn = {}) {
      always = turn
    },
    /** The next request waits: `came` when it is there, until `release`. */
    hold(where: 'before' | 'after' = 'before', answer?: Turn['answer']) {
      const came = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      turns.push({
        [where]: () => {
          came.resolve()
          return gate.promise
        },
        ...(answer && { answer }),
      })
      return { came: came.promise, release: gate.resolve }
    },
    reset() {
      asked.length = 0
      upstream.requests.length = 0
      turns.length = 0
      always = {}
    },
    close: upstream.close,
  }
}
