import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Me, Person, Preferences } from '@munjigi/contracts/people'
import { testUpstream } from '@munjigi/testing/upstream'
import { testPasswords } from './passwords.fixture.ts'

const LONG_AGO = '2026-11-21T00:00:00.000Z'

export type TestPerson = Me & Pick<Person, 'created_at'>

export const somebody = (user_id: string, rest: Partial<TestPerson> = {}): TestPerson => ({
  sub: randomUUID(),
  user_id,
  email: `${user_id}@example.com`,
  username_kr: user_id,
  username_en: user_id,
  deptname_kr: '플랫폼팀',
  deptname_en: 'Platform team',
  role: 'USER',
  status: 'active',
  superuser: false,
  tenant_id: '00000000-0000-4000-8000-000000000001',
  sections: [],
  theme_preference: 'light',
  language_preference: 'ko',
  created_at: LONG_AGO,
  ...rest,
})

export interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

const ok = (body: unknown, headers = {}): Answer => ({ status: 200, body, headers })
const problem = (status: number, type: string): Answer => ({ status, body: { type: `/problems/${type}`, status } })
const redirect = (location: string, cookie: string): Answer => ({
  status: 302,
  headers: { location, 'set-cookie': cookie },
})

/** A server that stands where the gateway is and answers as it and the user service do, for the people given. */
export async function testGateway(people: TestPerson[]) {
  const sessions = new Map<string, TestPerson>()
  const tokens = new Map<string, { person: TestPerson; endsAt: number }>()
  const settings = {
    /** Who signs in next, and how what they get is delivered. */
    signsIn: people[0],
    delivery: 'code' as 'code' | 'token',
    lifeSeconds: 900,
    frontend: '',
    isDown: false,
  }

  const cookieOf = (sid: string, age = 3600) =>
    `munjigi-refresh=${sid}; Path=/api/auth/; HttpOnly; Secure; SameSite=Strict; Max-Age=${age}`
  const sessionOf = ({ headers }: IncomingMessage) => {
    const sid = /munjigi-refresh=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? ''
    return { sid, person: sessions.get(sid) }
  }
  function issue(person: TestPerson): string {
    const iat = Math.floor(Date.now() / 1000)
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { sub: person.sub, iat, exp: iat + settings.lifeSeconds, jti: randomUUID() }
    const token = `${part({ typ: 'at+jwt' })}.${part(claims)}.signature`
    tokens.set(token, { person, endsAt: Date.now() + settings.lifeSeconds * 1000 })
    return token
  }
  const tokenAnswer = (person: TestPerson, headers = {}) =>
    ok({ access_token: issue(person), token_type: 'Bearer', expires_in: settings.lifeSeconds }, headers)
  const byPassword = testPasswords(people, (person) => {
    const sid = randomUUID()
    sessions.set(sid, person)
    return tokenAnswer(person, { 'set-cookie': cookieOf(sid) })
  })

  function signIn(): Answer {
    const person = settings.signsIn
    if (!person) return problem(403, 'sso-refused')
    const sid = randomUUID()
    sessions.set(sid, person)
    const query = settings.delivery === 'code' ? `code=${sid}` : `token=${issue(person)}`
    return redirect(`${settings.frontend}/?${query}`, cookieOf(sid))
  }
  function renew(request: IncomingMessage): Answer {
    const { person } = sessionOf(request)
    return person ? tokenAnswer(person) : problem(401, 'refresh-token-missing')
  }
  function signOut(request: IncomingMessage): Answer {
    sessions.delete(sessionOf(request).sid)
    return redirect(`${settings.frontend}/`, cookieOf('', 0))
  }
  function decide(sub: string, verdict: string): Answer {
    const person = people.find((one) => one.sub === decodeURIComponent(sub))
    if (!person) return problem(404, 'person-not-found')
    if (person.role !== 'PENDING' || person.status !== 'active') return problem(409, 'already-decided')
    if (verdict === 'approve') person.role = 'USER'
    else person.status = 'rejected'
    return ok(person)
  }
  function administer(path: string): Answer {
    if (path.startsWith('/api/admin/v1/people?'))
      return ok({ people: people.filter(({ role, status }) => role === 'PENDING' && status === 'active') })
    const [, sub = '', verdict = ''] = /people\/([^/]+)\/(approve|reject)$/.exec(path) ?? []
    return decide(sub, verdict)
  }
  function personOf({ headers }: IncomingMessage): TestPerson | undefined {
    const held = tokens.get(headers.authorization?.replace('Bearer ', '') ?? '')
    return held && held.endsAt > Date.now() ? held.person : undefined
  }
  function asPerson(request: IncomingMessage, body: string): Answer {
    const person = personOf(request)
    if (!person) return problem(401, 'token-expired')
    if (person.status !== 'active') return problem(403, `account-${person.status}`)
    const path = request.url ?? ''
    if (path === '/api/auth/v1/me') return ok(Object.assign(person, body ? (JSON.parse(body) as Preferences) : {}))
    return person.superuser ? administer(path) : problem(403, 'section-required')
  }
  function answer(request: IncomingMessage, body: string): Answer {
    if (settings.isDown) return problem(503, 'access-unknown')
    const known: Record<string, () => Answer> = {
      'GET /api/auth/login/': signIn,
      'GET /api/auth/logout/': () => signOut(request),
      'POST /api/auth/v1/refresh': () => renew(request),
      'POST /api/auth/v1/login': () => byPassword.login(body),
      'POST /api/auth/v1/password-reset': () => byPassword.reset(body),
      'POST /api/auth/v1/exchange': () => {
        const { sid, person } = sessionOf(request)
        return person && JSON.parse(body).code === sid ? tokenAnswer(person) : problem(401, 'unknown-code')
      },
    }
    return (known[`${request.method} ${request.url}`] ?? (() => asPerson(request, body)))()
  }

  const upstream = await testUpstream((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => write(response, answer(request, body)))
  })
  return { ...upstream, settings, sessions, byPassword }
}

function write(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body === undefined ? '' : JSON.stringify(body))
}
