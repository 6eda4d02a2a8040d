import type { RequestListener, ServerResponse } from 'node:http'
import { text as readAll } from 'node:stream/consumers'
import { type AccessRecord, INTERNAL_USER_PATH, type PrincipalName } from '@munjigi/contracts/access'
import { X_INTERNAL_KEY } from '@munjigi/contracts/headers'
import type { TestIssuer } from './issuer.ts'
import { answer, refuse } from './played-service.ts'
import { testUpstream } from './upstream.ts'

interface Key {
  sub: string
  key_id: string
  scope?: string
}

export interface TestUser {
  readonly url: string
  /** What was asked, oldest first: `access <sub>`, `tokens api_key`, `tokens token`, `tokens act_for`. */
  readonly questions: string[]
  /** Makes a USER in good standing, or changes that one; the platform's name is added by itself. */
  setPerson(person: Partial<AccessRecord> & { sub: string }): void
  removePerson(sub: string): void
  setKey(text: string, key: Key): void
  removeKey(text: string): void
  /** Claims that exchanged tokens carry besides their own. */
  setClaims(claims: Record<string, unknown>): void
  /** Happens before each exchange. */
  onExchange(happen: (() => Promise<void>) | undefined): void
  /** Answers in place of the service (an error, silence) until called with nothing. */
  answerWith(listener?: RequestListener): void
  close(): Promise<void>
}

/** Plays user's internal contract (DESIGN §4.6) over HTTP, with tokens signed by `platform`. */
export async function testUser(platform: TestIssuer, internalKey: string): Promise<TestUser> {
  const people = new Map<string, AccessRecord>()
  const keys = new Map<string, Key>()
  const questions: string[] = []
  let claims: Record<string, unknown> = {}
  let instead: RequestListener | undefined
  let happen: (() => Promise<void>) | undefined

  const find = ({ issuer, sub }: PrincipalName): AccessRecord | undefined =>
    people.values().find(({ names }) => names.some((name) => name.issuer === issuer && name.sub === sub))

  const upstream = await testUpstream(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://user')
    const body = request.method === 'POST' ? JSON.parse(await readAll(request)) : undefined
    questions.push(body === undefined ? `access ${url.searchParams.get('sub')}` : `tokens ${kindOf(body)}`)
    if (instead) return instead(request, response)
    if (request.headers[X_INTERNAL_KEY] !== internalKey) return refuse(response, 401, 'internal-key-invalid')
    if (body === undefined) return answerAccess(url, response)
    await happen?.()
    return answerTokens(body, response)
  })

  function answerAccess({ pathname, searchParams }: URL, response: ServerResponse) {
    if (pathname !== `${INTERNAL_USER_PATH}/access`) return refuse(response, 404, 'not-found')
    const name = { issuer: searchParams.get('issuer') ?? '', sub: searchParams.get('sub') ?? '' }
    const person = find(name)
    return person ? answer(response, person) : refuse(response, 404, 'unknown-person')
  }

  function answerTokens(body: Record<string, string>, response: ServerResponse) {
    if (body.api_key !== undefined) return answerKey(keys.get(body.api_key), response)
    const own = payloadOf(body.token ?? '')
    return body.act_for === undefined ? answerOutdated(own, response) : answerActing(own, body, response)
  }

  function answerKey(key: Key | undefined, response: ServerResponse) {
    if (key === undefined) return refuse(response, 401, 'unknown-credential')
    return issue(response, key.sub, { sid: key.key_id, amr: ['api_key'], scope: key.scope }, key.key_id)
  }

  function answerOutdated(own: Record<string, unknown>, response: ServerResponse) {
    const person = find({ issuer: String(own.iss), sub: String(own.sub) })
    if (person === undefined) return refuse(response, 403, 'unknown-person')
    return issue(response, person.sub, { sid: own.sid, scope: own.iss === platform.issuer ? own.scope : undefined })
  }

  function answerActing(own: Record<string, unknown>, body: Record<string, string>, response: ServerResponse) {
    const person = people.get(body.act_for ?? '')
    if (person === undefined) return refuse(response, 403, 'unknown-person')
    if (person.superuser) return refuse(response, 403, 'acting-refused')
    return issue(response, person.sub, { sid: own.jti, act: { sub: own.sub }, scope: body.module })
  }

  function issue(response: ServerResponse, sub: string, own: Record<string, unknown>, key_id?: string) {
    const exp = Math.floor(Date.now() / 1000) + 300
    const access_token = platform.token({ sub, exp, ...own, ...claims })
    return answer(response, { access_token, expires_in: 300, sub, key_id })
  }

  return {
    url: upstream.url,
    questions,
    setPerson: ({ sub, names = [], ...person }) =>
      void people.set(sub, {
        ...(people.get(sub) ?? newPerson(sub)),
        ...person,
        names: [{ issuer: platform.issuer, sub }, ...names],
      }),
    removePerson: (sub) => void people.delete(sub),
    setKey: (text, key) => void keys.set(text, key),
    removeKey: (text) => void keys.delete(text),
    setClaims: (given) => {
      claims = given
    },
    onExchange: (given) => {
      happen = given
    },
    answerWith: (listener) => {
      instead = listener
    },
    close: upstream.close,
  }
}

/** The access record of a USER in good standing whom no issuer names yet. */
export const newPerson = (sub: string): AccessRecord => ({
  sub,
  names: [],
  status: 'active',
  role: 'USER',
  superuser: false,
  tenant: { id: '00000000-0000-4000-8000-000000000001', status: 'active' },
  sections: [],
  valid_from: 0,
  rights_changed_at: 0,
  ended_sids: [],
})

const kindOf = (body: object): string => ('api_key' in body ? 'api_key' : 'act_for' in body ? 'act_for' : 'token')

const payloadOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
