import { ACCESS_CHANNEL, readAccessMessage } from '@munjigi/contracts/access'
import { isAdminRole } from '@munjigi/identity/roles'
import type { Store } from '@munjigi/store/store'
import type { FastifyBaseLogger } from 'fastify'
import type { Listener } from './listener.ts'
import type { TraceKey } from './store.ts'

/** `<seq> <tenant>/<trace id>`: entries of this trace up to seq are there. */
const CHANNEL = 'munjigi:trace'
const HEARTBEAT_MS = 20_000
const SILENCE_LIMIT_MS = 60_000

const textOf = ({ tenant_id, id }: TraceKey): string => `${tenant_id}/${id}`

export type Listeners = Awaited<ReturnType<typeof createListeners>>

/** Everybody who listens in this process, told by message what any process appended. */
export async function createListeners(messages: Store, log: FastifyBaseLogger) {
  const byTrace = new Map<string, Set<Listener>>()
  const all = () => [...byTrace.values()].flatMap((listeners) => [...listeners])

  function tell(trace: string, seq: number): void {
    for (const listener of byTrace.get(trace) ?? []) listener.announce(seq)
  }

  const heartbeat = setInterval(() => {
    for (const listener of all()) {
      listener.ask(SILENCE_LIMIT_MS)
      // What an announcement that was lost spoke of.
      void listener.readOn()
    }
  }, HEARTBEAT_MS).unref()

  const subscriptions = await Promise.all([
    messages.subscribe(CHANNEL, {
      message: (text) => tell(text.slice(text.indexOf(' ') + 1), Number.parseInt(text, 10)),
      ready: () => {
        for (const listener of all()) void listener.readOn()
      },
    }),
    messages.subscribe(ACCESS_CHANNEL, {
      message: (text) => {
        for (const listener of all())
          if (isOutdatedBy(text, listener)) listener.close(4401, 'rights changed: connect again')
      },
    }),
  ])

  return {
    add(trace: TraceKey, listener: Listener): void {
      const text = textOf(trace)
      byTrace.set(text, (byTrace.get(text) ?? new Set()).add(listener))
    },
    remove(trace: TraceKey, listener: Listener): void {
      const text = textOf(trace)
      const listeners = byTrace.get(text)
      listeners?.delete(listener)
      if (listeners?.size === 0) byTrace.delete(text)
    },
    /** Entries up to `seq` were appended here. */
    announce(trace: TraceKey, seq: number): void {
      const text = textOf(trace)
      tell(text, seq)
      messages.publish(CHANNEL, `${seq} ${text}`).catch((error) => log.warn({ err: error }, 'announcement lost'))
    },
    async close(): Promise<void> {
      clearInterval(heartbeat)
      await Promise.all(subscriptions.map((subscription) => subscription.close()))
    },
  }
}

/** An administrator's right to listen is in the token; an owner's is not, and needs no message. */
function isOutdatedBy(text: string, { user }: Listener): boolean {
  if (!isAdminRole(user.role ?? '')) return false
  const message = readAccessMessage(text)
  if (message === undefined) return false
  if ('all' in message) return true
  return 'sub' in message && message.sub === user.token.sub && message.issuer === user.token.issuer.issuer
}
