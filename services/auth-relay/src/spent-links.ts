import type { Store } from '@munjigi/store/store'

const SLACK_MS = 60_000

export interface SpentLinks {
  isSpent(jti: string): Promise<boolean>
  /** False when another login has spent the link. */
  spend(jti: string): Promise<boolean>
  /** For a login that came to nothing. */
  giveBack(jti: string): Promise<void>
}

/** Which links a login was made by; known for as long as a login begun in a link's last second may take. */
export function spentLinks(store: Store, stateTtlSeconds: number): SpentLinks {
  const lifeMs = 2 * stateTtlSeconds * 1000 + SLACK_MS
  const keyOf = (jti: string) => `relay_spent:{${jti}}`

  return {
    isSpent: async (jti) => (await store.get(keyOf(jti))) !== undefined,
    spend: (jti) => store.add(keyOf(jti), '1', lifeMs),
    giveBack: async (jti) => void (await store.remove(keyOf(jti))),
  }
}
