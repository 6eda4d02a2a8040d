import type { Store } from '@munjigi/store/store'

const ASKED_AGAIN_MS = 1_000

export const AWAY = Symbol('the store is away')

export interface StoreOutage {
  isAway(): boolean
  /** What `work` gives; AWAY where the store does not answer, at once while that is known. */
  attempt<Result>(work: () => Promise<Result>): Promise<Result | typeof AWAY>
  close(): void
}

/** Of a store that can be done without: after one failure nobody waits for it until it answers a question of our own again. */
export function storeOutage(store: Pick<Store, 'isAlive'>, onBack: () => void): StoreOutage {
  let isAway = false
  let isClosed = false
  let asking: NodeJS.Timeout | undefined

  function askLater() {
    if (isClosed) return
    asking = setTimeout(() => store.isAlive().then(back, askLater), ASKED_AGAIN_MS).unref()
  }
  function back() {
    isAway = false
    onBack()
  }
  function failed(error: unknown): typeof AWAY {
    // What packages/store marks as an outage; anything else is a bug.
    if ((error as { statusCode?: number }).statusCode !== 503) throw error
    if (!isAway) {
      isAway = true
      askLater()
    }
    return AWAY
  }

  return {
    isAway: () => isAway,
    attempt: async (work) => (isAway ? AWAY : work().catch(failed)),
    close() {
      isClosed = true
      clearTimeout(asking)
    },
  }
}
