import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { cookiesOf, type FrontDoor } from './front-door.ts'

const FORM = 'application/x-www-form-urlencoded'
const BROWSER = { accept: 'text/html', 'accept-language': 'ko' }

/** A page of the relay, as its reader sees it. */
interface RelayPage {
  status: number
  title: string
  text: string
}

interface OpenedLink {
  page: RelayPage
  /** Presses the page's button. @throws Error with the answer unless it leads to the IdP */
  goOn(): Promise<AtIdp>
}

interface AtIdp {
  /** Signs in there and comes back. */
  signIn(username: string, password: string): Promise<RelayPage>
}

/** Opens a login link as a browser would. */
export async function openLoginLink(door: FrontDoor, link: string): Promise<OpenedLink> {
  const opened = await door.send(link, { headers: BROWSER })
  const cookie = cookiesOf(opened)
  const html = await opened.body.text()
  return {
    page: pageOf(opened.statusCode, html),
    async goOn() {
      const { action, fields } = formOf(html)
      const begun = await door.send(new URL(action, link).href, {
        method: 'POST',
        headers: { ...BROWSER, cookie, origin: new URL(link).origin, 'content-type': FORM },
        body: new URLSearchParams(fields).toString(),
      })
      const text = await begun.body.text()
      const { location } = begun.headers
      if (typeof location !== 'string') throw new Error(`no way to the IdP: ${begun.statusCode} ${text}`)
      const cookies = [cookie, cookiesOf(begun)].filter(Boolean).join('; ')
      return { signIn: (username, password) => signIn(door, cookies, location, { username, password }) }
    },
  }
}

async function signIn(
  door: FrontDoor,
  cookie: string,
  authorization: string,
  { username, password }: { username: string; password: string },
): Promise<RelayPage> {
  const { target, fields } = await idpBrowser().signIn(username, password, authorization)
  const ended = await door.send(`${target}?${new URLSearchParams(fields)}`, { headers: { ...BROWSER, cookie } })
  return pageOf(ended.statusCode, await ended.body.text())
}

function pageOf(status: number, html: string): RelayPage {
  const body = /<main>([\s\S]*)<\/main>/.exec(html)?.[1] ?? html
  const text = plain(body.replace(/<[^>]*>/g, ' '))
  return { status, title: plain(/<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? ''), text }
}

function formOf(html: string): { action: string; fields: Record<string, string> } {
  const action = /<form\b[^>]*\baction="([^"]*)"/.exec(html)?.[1]
  if (action === undefined) throw new Error(`the page has no form: ${pageOf(200, html).text}`)
  const fields = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
  return {
    action: plain(action),
    fields: Object.fromEntries(fields.map(([, name = '', value = '']) => [plain(name), plain(value)])),
  }
}

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }

const plain = (html: string): string =>
  html
    .replace(/&(?:lt|gt|quot|amp|#39);/g, (entity) => ENTITIES[entity] as string)
    .replace(/\s+/g, ' ')
    .trim()
