import type { Store } from '@munjigi/store/store'
import type { Link } from '../links/lit.ts'
import { tooManyLogins } from '../problems.ts'

// Messengers open a link for a preview, which begins a login where no page stands before it.
const MAX_UNDER_WAY = 50

/**
 * Counts a login begun by this link: whoever has a link may begin logins without end, and each is kept for its life.
 * @throws Problem 429
 */
export async function countLogin(store: Store, { jti }: Link, lifeMs: number): Promise<void> {
  for (let place = 1; place <= MAX_UNDER_WAY; place++) {
    if (await store.add(`relay_under_way:{${jti}}:${place}`, '1', lifeMs)) return
  }
  throw tooManyLogins()
}
