import type Provider from 'oidc-provider'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { Idp } from '../idp.ts'
import { findClient } from '../realm.ts'
import { resolveScopes } from '../scopes.ts'
import { sidOf } from './sessions.ts'

interface FrontChannelToken {
  ctx: KoaContextWithOIDC
  extra: { c_hash?: string }
}

/** The form's id_token by our own signer, whose key may have been rotated, and hints read by it. */
export function replaceIdTokens(provider: Provider, idp: Idp): void {
  const idToken = provider.IdToken as unknown as {
    prototype: object
    validate(token: string): Promise<{ payload: object }>
  }
  Object.assign(idToken.prototype, {
    issue(this: FrontChannelToken) {
      const { session, params, client: asking } = this.ctx.oidc
      const client = findClient(idp.realm, String(asking?.clientId))
      const person = idp.people.findById(String(session?.accountId))
      const scopes = client && resolveScopes(client, String(params?.scope))
      if (client === undefined || person === undefined || scopes === undefined) throw new errors.AccessDenied()
      const login = { sid: sidOf(session?.uid ?? ''), auth_time: session?.authTime() as number }
      return idp.tokens.idToken({ person, client, scopes }, login, {
        nonce: params?.nonce as string,
        state: params?.state as string | undefined,
        ...(this.extra.c_hash !== undefined && { code: this.extra.c_hash }),
      })
    },
  })
  idToken.validate = async (token) => {
    const payload = await idp.tokens.read(token, { evenExpired: true })
    if (payload?.typ !== 'ID') throw new errors.InvalidRequest('id_token_hint is none of ours')
    return { payload }
  }
}
