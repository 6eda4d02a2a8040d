import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { cookiesOf, type FrontDoor } from './front-door.ts'

const BROWSER = { accept: 'text/html', 'accept-language': 'ko' }

/** A page of the relay, as its reader sees it. */
export interface RelayPage {
  status: number
  title: string
  text: string
}

export interface OpenedLink {
  page: RelayPage
  /** Presses the page's button, signs in at the IdP and comes back; where to, if the relay sends the browser on. */
  logIn(username: string, password: string): Promise<RelayPage & { location: string | undefined }>
}

/** Opens a login link as a browser would. */
export async function openLoginLink(door: FrontDoor, link: string): Promise<OpenedLink> {
  const opened = await door.send(link, { headers: BROWSER })
  const cookie = cookiesOf(opened)
  const html = await opened.body.text()
  return {
    page: pageOf(opened.statusCode, html),
    async logIn(username, password) {
      const form = formOf(html)
      const begun = await door.send(new URL(form.action, link).href, {
        method: 'POST',
        headers: {
          ...BROWSER,
          cookie,
          origin: new URL(link).origin,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams(form.fields).toString(),
      })
      const authorization = begun.headers.location
      if (typeof authorization !== 'string')
        throw new Error(
          `no way to the IdP: ${begun.statusCode} ${pageOf(begun.statusCode, await begun.body.text()).text}`,
        )
      await begun.body.dump()
      const { target, fields } = await idpBrowser().signIn(username, password, authorization)
      const cookies = [cookie, cookiesOf(begun)].filter(Boolean).join('; ')
      const ended = await door.send(`${target}?${new URLSearchParams(fields)}`, {
        headers: { ...BROWSER, cookie: cookies },
      })
      const { location } = ended.headers
      return {
        ...pageOf(ended.statusCode, await ended.body.text()),
        location: typeof location === 'string' ? location : undefined,
      }
    },
  }
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
