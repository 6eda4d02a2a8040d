import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { readForm } from '../endpoint.ts'
import type { Idp } from '../idp.ts'
import { htmlHeaders, type Locale, loginPage, page, pickLocale } from './pages.ts'

/** Where the authorisation endpoint sends a browser that has to sign in: GET the form, POST it. */
export function loginHandler(idp: Idp, provider: Provider) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const send = (status: number, body: string) =>
      res.writeHead(status, { ...htmlHeaders, 'cache-control': 'no-store' }).end(body)
    // The interaction's cookie is missing, unknown or of another browser: one answer for all.
    const interaction = await provider.interactionDetails(req, res).catch(() => undefined)
    if (interaction === undefined) {
      send(400, page(localeOf(idp, req), 'loginExpired'))
      return
    }
    const locale = localeOf(idp, req, interaction.params.ui_locales)
    const action = `${idp.issuer}/login-actions/authenticate?execution=${encodeURIComponent(interaction.uid)}`
    if (req.method !== 'POST') {
      send(200, loginPage(locale, action))
      return
    }
    const form = await readForm(req)
    const username = form.get('username') ?? ''
    const person = idp.people.authenticate(username, form.get('password') ?? '')
    if (person === undefined) {
      send(200, loginPage(locale, action, username))
      return
    }
    await provider.interactionFinished(req, res, { login: { accountId: person.id }, consent: {} })
  }
}

function localeOf({ realm }: Idp, req: IncomingMessage, asked?: unknown): Locale {
  const wanted = typeof asked === 'string' ? asked : (req.headers['accept-language'] ?? '')
  return pickLocale(wanted, realm.defaultLocale)
}
