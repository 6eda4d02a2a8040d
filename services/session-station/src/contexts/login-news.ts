import type { Store } from '@munjigi/store/store'
import { contextKey, type Mark, type Target } from './context.ts'
import type { StoreOutage } from './store-outage.ts'

const CHANNEL = 'session-station:logins'

interface Message extends Target {
  /** Of a change: nothing below is of use any more. */
  dropped?: Mark
}

export interface Call {
  /** Whether the end of a login or a change was told within `ms`, or could have been missed. */
  heardWithin(ms: number): Promise<boolean>
  close(): void
}

export type LoginNews = ReturnType<typeof loginNews>

/** Wakes, in every process, those who wait for the end of somebody else's login. What came of it they read themselves. */
export function loginNews(store: Store, outage: StoreOutage, onDrop: (target: Target, below: Mark) => void) {
  const calls = new Map<string, Set<() => void>>()
  const subscription = store.subscribe(CHANNEL, {
    message(text) {
      const message = readMessage(text)
      if (message?.dropped) onDrop(message, message.dropped)
      if (message) wake(calls.get(contextKey(message)))
    },
    ready() {
      for (const all of calls.values()) wake(all)
    },
  })
  // Closed before it was made; nobody is left to be told.
  subscription.catch(() => {})

  function wake(all: Iterable<() => void> = []) {
    for (const hear of all) hear()
  }

  function listen(target: Target): Call {
    const key = contextKey(target)
    const { promise: heard, resolve } = Promise.withResolvers<boolean>()
    const hear = () => resolve(true)
    const all = calls.get(key) ?? new Set()
    calls.set(key, all.add(hear))
    return {
      async heardWithin(ms) {
        const timer = setTimeout(resolve, ms, false)
        return heard.finally(() => clearTimeout(timer))
      },
      close() {
        all.delete(hear)
        if (all.size === 0 && calls.get(key) === all) calls.delete(key)
      },
    }
  }

  return {
    listen,
    async tell(target: Target, dropped?: Mark): Promise<void> {
      const message: Message = { sub: target.sub, service_id: target.service_id, ...(dropped && { dropped }) }
      await outage.attempt(() => store.publish(CHANNEL, JSON.stringify(message)))
    },
    async close() {
      await subscription.then(
        ({ close }) => close(),
        () => {},
      )
    },
  }
}

/** Undefined where it is not one of ours. */
function readMessage(text: string): Message | undefined {
  try {
    const message = JSON.parse(text)
    return typeof message?.sub === 'string' && typeof message.service_id === 'string' ? message : undefined
  } catch {
    return undefined
  }
}
