const CHANNEL = 'munjigi-session'

/** What the tabs of one browser tell each other; same origin only, kept nowhere. */
export type TabMessage = { kind: 'token'; token: string; lifetimeMs: number } | { kind: 'signed-out' }

export interface Tabs {
  /** One tab at a time; where the browser has no locks (plain http off localhost) it just works. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>
  /** Resolves once the message is under way to every tab: a turn that ends then is heard of before the next begins. */
  tell(message: TabMessage): Promise<void>
  close(): void
}

export function openTabs(hear: (message: TabMessage) => void): Tabs {
  const channel = new BroadcastChannel(CHANNEL)
  const echo = new BroadcastChannel(CHANNEL)
  channel.onmessage = ({ data }) => hear(data as TabMessage)
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const locks = globalThis.navigator?.locks
  return {
    alone: async (work) => (locks === undefined ? work() : await locks.request(CHANNEL, work)),
    tell: (message) => {
      const heard = new Promise<void>((resolve) => echo.addEventListener('message', () => resolve(), { once: true }))
      channel.postMessage(message)
      // Whoever closes in the middle of a turn must not keep it.
      return Promise.race([heard, ended])
    },
    close: () => {
      end()
      channel.close()
      echo.close()
    },
  }
}
