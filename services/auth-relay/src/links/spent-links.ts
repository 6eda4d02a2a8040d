import type { Store } from '@munjigi/store/store'
import { invalidOrExpiredLink } from '../problems.ts'
import { lastLoginMs } from './lit.ts'

export interface SpentLinks {
  isSpent(jti: string): Promise<boolean>
  /**
   * Spends the link for a login, and gives it back where the login comes to nothing.
   * @throws Problem 400 where another login has spent it, or what `login` throws
   */
  spendFor(jti: string, login: () => Promise<void>): Promise<void>
}

/** Which links a login was made by; known for as long as a login begun in a link's last second may take. */
export function spentLinks(store: Store, stateTtlSeconds: number): SpentLinks {
  const keyOf = (jti: string) => `relay_spent:{${jti}}`

  return {
    isSpent: async (jti) => (await store.get(keyOf(jti))) !== undefined,
    async spendFor(jti, login) {
      if (!(await store.add(keyOf(jti), '1', lastLoginMs(stateTtlSeconds)))) throw invalidOrExpiredLink()
      await login().catch(async (error) => {
        // Where the store is gone the link stays spent, and the person is told of what went wrong before.
        await store.remove(keyOf(jti)).catch(() => {})
        throw error
      })
    },
  }
}
