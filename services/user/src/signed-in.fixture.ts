import { decodeJwt } from 'jose'
import { type TestBrowser, testBrowser, testService } from './service.fixture.ts'
import { testIdp } from './sso/idp.fixture.ts'

/** The whole service with an IdP that vouches for anybody, and people who signed in there. */
export async function signedInService(env: Record<string, string> = {}) {
  const idp = await testIdp()
  const service = await testService({ env: { ...idp.env(idp.pemFile), SSO_TOKEN_DELIVERY: 'token', ...env } })
  let people = 0

  /** Signs in, as somebody new unless told, at one of the service's processes. */
  async function signIn({
    loginid = `person-${++people}`,
    at = service.url,
    headers = {},
  }: {
    loginid?: string
    at?: string
    headers?: Record<string, string>
  } = {}) {
    const browser = testBrowser(at)
    const fields = await idp.answer(await browser.begin(), { sub: loginid, loginid })
    const answer = await browser.callback(fields, headers)
    if (answer.status !== 302) throw new RefusedSignIn(answer.status)
    const token = new URL(answer.headers.get('location') ?? '').searchParams.get('token') ?? ''
    return { ...signedIn(browser, token, at), loginid }
  }

  function signedIn(browser: TestBrowser, token: string, at: string) {
    const { sub, sid } = decodeJwt(token) as { sub: string; sid: string }
    const call = (method: string, path: string, body?: unknown, bearer = token) =>
      fetch(`${at}/api/auth/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          'x-user-sub': sub,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    const change = (values: object) => service.db.updateTable('people').set(values).where('sub', '=', sub).execute()
    return { browser, token, sub, sid, refreshToken: browser.cookies.get('munjigi-refresh') ?? '', call, change }
  }

  const refresh = (refresh_token: string, at = service.url, headers: Record<string, string> = {}) =>
    fetch(`${at}/api/auth/v1/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ refresh_token }),
    })

  return { ...service, signIn, refresh }
}

class RefusedSignIn extends Error {
  readonly status: number
  constructor(status: number) {
    super(`the sign-in was refused with ${status}`)
    this.status = status
  }
}
