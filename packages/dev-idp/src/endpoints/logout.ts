import { authenticateClient } from '../client-auth.ts'
import type { Endpoint } from '../endpoint.ts'
import { requireRefreshClaims } from '../grants/refresh-grant.ts'
import type { Idp } from '../idp.ts'
import { browserLogout } from '../sign-in/browser-logout.ts'
import { endSession } from '../sign-in/sessions.ts'

/** Keycloak's logout for clients, a POST with a refresh token, beside the browser's (OpenID Connect RP-initiated logout). */
export const logoutEndpoint =
  (idp: Idp): Endpoint =>
  async (request) => {
    const token = request.form.get('refresh_token')
    if (token === null) return browserLogout(idp, request)
    const claims = await requireRefreshClaims(idp, authenticateClient(idp, request), token)
    await endSession(idp, String(claims.sid), claims.typ === 'Offline')
    return { status: 204 }
  }
