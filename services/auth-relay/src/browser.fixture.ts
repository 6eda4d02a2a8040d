import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'

interface Relay {
  url: string
  settings: { baseUrl: string }
}

/** A person's browser at a relay and its identity provider: keeps cookies and follows no redirect. */
export function testBrowser({ url, settings }: Relay) {
  const cookies = new Map<string, string>()
  const idp = idpBrowser()
  /** The relay calls itself by its public address, which nothing listens on here. */
  const here = (address: string | URL) => {
    const { pathname, search } = new URL(address, settings.baseUrl)
    return new URL(pathname + search, url)
  }

  const send = async (address: string | URL, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'application/json', ...(cookie && { cookie }), ...(init.headers as object) }
    const answer = await fetch(here(address), { redirect: 'manual', ...init, headers })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return answer
  }

  const browser = {
    cookies,
    get: (address: string | URL, headers: Record<string, string> = {}) => send(address, { headers }),
    head: (address: string | URL) => send(address, { method: 'HEAD' }),
    post: (address: string | URL, fields: Record<string, string>) =>
      send(address, { method: 'POST', body: new URLSearchParams(fields) }),
    /** Opens a link and says yes on its page; where it leads at the identity provider. */
    async begin(link: string): Promise<URL> {
      const page = await browser.get(link, { accept: 'text/html' })
      const { action, token } = formOf(await page.text())
      const answer = page.status === 302 ? page : await browser.post(action, { token })
      const target = answer.headers.get('location')
      if (target === null) throw new Error(`no sign-in: ${answer.status} ${await answer.text()}`)
      return new URL(target)
    },
    /** Goes to the identity provider by a link and signs in; the address that this ends at, not yet opened. */
    async signIn(link: string, username = 'user.lee', password = SEEDED_PASSWORD): Promise<URL> {
      return browser.signInAt(await browser.begin(link), username, password)
    },
    async signInAt(authorizationUrl: URL, username = 'user.lee', password = SEEDED_PASSWORD): Promise<URL> {
      const { target, fields } = await idp.signIn(username, password, authorizationUrl.href)
      return new URL(`${target}?${new URLSearchParams(fields)}`)
    },
    /** The whole way from the link to the relay's last answer. */
    async login(link: string, username?: string, password?: string): Promise<Response> {
      return browser.get(await browser.signIn(link, username, password))
    },
  }
  return browser
}

/** Where a confirmation page's form goes, and what it holds. */
export function formOf(page: string): { action: string; token: string } {
  const [, action = ''] = /<form method="post" action="([^"]*)"/.exec(page) ?? []
  const [, token = ''] = /name="token" value="([^"]*)"/.exec(page) ?? []
  return { action, token }
}

/** Status and the problem's slug, which is what a refusal promises. */
export async function refusalOf(answer: Response): Promise<[number, string | undefined]> {
  const body = (await answer.json()) as { type?: string }
  return [answer.status, body.type?.replace('/problems/', '')]
}
