import { readFileSync } from 'node:fs'
import type { TokenAnswer } from '@munjigi/contracts/tokens'
import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { Agent, type Dispatcher, request } from 'undici'

export interface FrontDoor {
  /** The access token of somebody who signs in by SSO, walked without a browser. */
  signIn(username: string, password: string): Promise<string>
  /** The same with what the browser would keep. */
  openSession(username: string, password: string): Promise<Session>
  /** The access token of somebody who signs in by e-mail and password. */
  logIn(email: string, password: string): Promise<string>
  /** A call through the gateway as the holder of a token. @throws Refusal where the answer is no 2xx */
  call<T>(method: Dispatcher.HttpMethod, path: string, token?: string, body?: object): Promise<T>
  /** One request as it is given, to a path or address of the gateway; redirects are not followed. */
  send(url: string, options?: Sending): Promise<Dispatcher.ResponseData>
  close(): Promise<void>
}

export class Refusal extends Error {
  readonly status: number
  /** The slug of its problem; undefined where something else than a service of ours answered. */
  readonly type: string | undefined

  constructor(call: string, status: number, text: string) {
    super(`${call}: ${status} ${text}`)
    this.status = status
    this.type = /"type":"\/problems\/([a-z-]+)"/.exec(text)?.[1]
  }
}

export interface Session {
  token: string
  /** The refresh token's cookie, as the browser sends it. */
  cookie: string
}

interface Sending {
  method?: Dispatcher.HttpMethod
  headers?: Record<string, string>
  body?: string
}

interface FrontDoorOptions {
  gatewayUrl: string
  consoleUrl: string
  certFile: string
}

/** The house as a person outside meets it: through the gateway's https port and nothing else. */
export function frontDoor({ gatewayUrl, consoleUrl, certFile }: FrontDoorOptions): FrontDoor {
  const dispatcher = new Agent({ connect: { ca: readFileSync(certFile) } })
  const send = (url: string, options: Sending = {}) => request(new URL(url, gatewayUrl), { ...options, dispatcher })

  const call = async <T>(method: Dispatcher.HttpMethod, path: string, token?: string, body?: object): Promise<T> => {
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const answer = await send(path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw new Refusal(`${method} ${path}`, answer.statusCode, text)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }

  const openSession = async (username: string, password: string): Promise<Session> => {
    const begun = await send('/api/auth/login/')
    await begun.body.dump()
    const cookie = cookiesOf(begun)
    const authorization = begun.headers.location
    if (typeof authorization !== 'string') throw new Error(`no sign-in: the gateway answered ${begun.statusCode}`)
    const { fields } = await idpBrowser().signIn(username, password, authorization)
    const ended = await send('/api/auth/callback/', {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    })
    const text = await ended.body.text()
    if (typeof ended.headers.location !== 'string') throw new Refusal('no sign-in', ended.statusCode, text)
    const target = new URL(ended.headers.location, gatewayUrl).searchParams
    const token = target.get('token')
    const kept = cookiesOf(ended)
    if (token !== null) return { token, cookie: kept }
    const exchanged = await send('/api/auth/v1/exchange', {
      method: 'POST',
      headers: { cookie: kept, origin: consoleUrl, 'content-type': 'application/json' },
      body: JSON.stringify({ code: target.get('code') }),
    })
    if (exchanged.statusCode !== 200)
      throw new Error(`no token: ${exchanged.statusCode} ${await exchanged.body.text()}`)
    return { token: ((await exchanged.body.json()) as TokenAnswer).access_token, cookie: kept }
  }

  const signIn = async (username: string, password: string) => (await openSession(username, password)).token

  const logIn = async (email: string, password: string) =>
    (await call<TokenAnswer>('POST', '/api/auth/v1/login', undefined, { email, password })).access_token

  return { signIn, openSession, logIn, call, send, close: () => dispatcher.close() }
}

/** What a browser would send back. */
export function cookiesOf({ headers }: Dispatcher.ResponseData): string {
  return [headers['set-cookie'] ?? []]
    .flat()
    .map((line) => line.split(';')[0])
    .join('; ')
}
