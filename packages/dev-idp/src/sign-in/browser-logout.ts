import type { JWTPayload } from 'jose'
import type { Answer, EndpointRequest } from '../endpoint.ts'
import type { Idp } from '../idp.ts'
import { type Client, findClient } from '../realm.ts'
import { postLogoutUriAllowed } from '../redirect-uris.ts'
import { htmlHeaders, logoutPage, page, pickLocale } from './pages.ts'
import { endSession, SESSION_COOKIE, sidOfCookie } from './sessions.ts'

/** OpenID Connect RP-initiated logout: at once with an id token as hint, else after the person has confirmed it. */
export async function browserLogout(idp: Idp, request: EndpointRequest): Promise<Answer> {
  const given = parameters(request)
  const locale = pickLocale(given.ui_locales ?? '', idp.realm.defaultLocale)
  const show = (status: number, body: string): Answer => ({ status, headers: htmlHeaders, body })

  const { id_token_hint: hint, client_id: clientId, post_logout_redirect_uri: target } = given
  // A hint names the session to end even after its own time is over.
  const claims = hint === undefined ? undefined : await idp.tokens.read(hint, { evenExpired: true })
  if (hint !== undefined && !isHint(claims, clientId)) return show(400, page(locale, 'invalidHint'))
  const client = findClient(idp.realm, clientId ?? String(claims?.azp))
  if (!mayReturn(client, target)) return show(400, page(locale, 'invalidRedirect'))

  const sid = claims === undefined ? sidOfCookie(idp, request.cookies[SESSION_COOKIE]) : String(claims.sid)
  // Without a hint any page could send a browser here, so the person is asked; only our own page knows the sid.
  const isConfirmed = claims !== undefined || request.form.get('confirmed') === sid
  if (sid !== undefined && !isConfirmed) return show(200, logoutPage(locale, { ...given, confirmed: sid }))
  if (sid !== undefined) await endSession(idp, sid, false)
  return target === undefined ? show(200, page(locale, 'signedOut')) : returnTo(target, given.state)
}

type Parameter = 'id_token_hint' | 'client_id' | 'post_logout_redirect_uri' | 'state' | 'ui_locales'
const PARAMETERS: Parameter[] = ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state', 'ui_locales']

const parameters = ({ url, form }: EndpointRequest): Partial<Record<Parameter, string>> =>
  Object.fromEntries(
    PARAMETERS.flatMap((name) => {
      const value = form.get(name) ?? url.searchParams.get(name)
      return value === null ? [] : [[name, value]]
    }),
  )

const isHint = (claims: JWTPayload | undefined, clientId: string | undefined) =>
  claims?.typ === 'ID' && (clientId === undefined || claims.azp === clientId)

const mayReturn = (client: Client | undefined, target: string | undefined) =>
  target === undefined || (client !== undefined && postLogoutUriAllowed(client, target))

function returnTo(target: string, state: string | undefined): Answer {
  const location = new URL(target)
  if (state !== undefined) location.searchParams.set('state', state)
  return { status: 302, headers: { location: location.href } }
}
