import type { Database } from '@munjigi/db/connect'
import { servingHandle } from '@munjigi/user/serving-handle'

/**
 * People are bound to the IdP of their first sign-in, so a house whose IdP has moved lets nobody in.
 * @throws Error saying what to do, where kept people are bound to another one
 */
export async function requireSameIdp(user: Database, issuer: string): Promise<void> {
  const bound = await servingHandle(user).selectFrom('person_names').select('issuer').distinct().execute()
  const [other] = bound.filter((name) => name.issuer !== issuer)
  if (other === undefined || bound.length > 1) return
  const { port } = new URL(other.issuer)
  throw new Error(
    `the people of this house sign in at ${other.issuer}, and its identity provider is now ${issuer}: ` +
      `npm start -- --fresh begins anew; MUNJIGI_IDP_PORT=${port} goes on as before, where nothing else takes that port`,
  )
}
