import { authenticateClient } from './client-auth.ts'
import type { Answer, Endpoint, EndpointRequest } from './endpoint.ts'
import type { Idp } from './idp.ts'
import { htmlHeaders, page, pickLocale } from './pages.ts'
import { findClient } from './realm.ts'
import { postLogoutUriAllowed } from './redirect-uris.ts'
import { requireLogin } from './refresh-grant.ts'
import { endBrowserSession } from './sessions.ts'

/** OpenID Connect RP-initiated logout, and Keycloak's own form of it: POST with a refresh token. */
export const logoutEndpoint =
  (idp: Idp): Endpoint =>
  async (request) => {
    const token = request.form.get('refresh_token')
    if (token === null) return browserLogout(idp, request)
    const { login } = await requireLogin(idp, authenticateClient(idp, request), token)
    idp.logins.endSession(login.sid)
    endBrowserSession(idp, login.sid)
    return { status: 204 }
  }

async function browserLogout(idp: Idp, { url, form }: EndpointRequest): Promise<Answer> {
  const parameter = (name: string) => form.get(name) ?? url.searchParams.get(name)
  const show = (status: number, text: Parameters<typeof page>[1]): Answer => {
    const locale = pickLocale(parameter('ui_locales') ?? '', idp.realm.defaultLocale)
    return { status, headers: htmlHeaders, body: page(locale, text) }
  }
  const hint = parameter('id_token_hint')
  // A hint names the session to end even after its own time is over.
  const claims = hint === null ? undefined : await idp.tokens.read(hint, { evenExpired: true })
  if (hint !== null && claims?.typ !== 'ID') return show(400, 'invalidHint')
  const client = findClient(idp.realm, String(claims?.azp ?? parameter('client_id')))
  const target = parameter('post_logout_redirect_uri')
  if (target !== null && (client === undefined || !postLogoutUriAllowed(client, target)))
    return show(400, 'invalidRedirect')
  // Without a hint any page could sign a person out, so nothing ends.
  if (claims === undefined) return show(200, 'logoutNeedsHint')

  idp.logins.endSession(String(claims.sid))
  endBrowserSession(idp, String(claims.sid))
  return target === null ? show(200, 'signedOut') : returnTo(target, parameter('state'))
}

function returnTo(target: string, state: string | null): Answer {
  const location = new URL(target)
  if (state !== null) location.searchParams.set('state', state)
  return { status: 302, headers: { location: location.href } }
}
