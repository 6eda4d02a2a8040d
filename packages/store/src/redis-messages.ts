import { deadline } from '@munjigi/deadline'
import type { Redis } from 'ioredis'
import { createClient, hangUp } from './redis-client.ts'
import type { Listener, Store, Subscription } from './store.ts'

// An idle subscription looks the same whether Redis lives or is frozen, so it is pinged.
const PING_INTERVAL_MS = 1_000
const FIRST_READY_LIMIT_MS = 500

interface Channel {
  readonly listeners: Set<Listener>
  state: 'out' | 'joining' | 'in'
}

/** Subscriptions, over a connection of their own as Redis demands, which is opened at the first one. */
export function redisMessages(url: string, prefix: string): Pick<Store, 'subscribe' | 'close'> {
  const channels = new Map<string, Channel>()
  let redis: Redis | undefined
  let heartbeat: NodeJS.Timeout | undefined
  let isClosed = false

  function open(): Redis {
    const client = createClient(url)
    client.on('ready', joinAll)
    client.on('close', leaveAll)
    client.on('message', (name, text) => {
      for (const listener of channels.get(name)?.listeners ?? []) queueMicrotask(() => listener.message(text))
    })
    heartbeat = setInterval(() => {
      // The client cuts a connection whose ping is not answered in time.
      client.ping().catch(() => {})
      if (client.status === 'ready') joinAll()
    }, PING_INTERVAL_MS)
    return client
  }

  function joinAll() {
    for (const [name, channel] of channels) if (channel.state === 'out') void join(name, channel)
  }

  function leaveAll() {
    for (const channel of channels.values()) {
      const wasIn = channel.state === 'in'
      channel.state = 'out'
      if (wasIn) for (const listener of channel.listeners) listener.lost?.()
    }
  }

  async function join(name: string, channel: Channel) {
    channel.state = 'joining'
    try {
      await redis?.subscribe(name)
      channel.state = 'in'
      for (const listener of channel.listeners) listener.ready?.()
    } catch {
      // Tried again at the next connection or heartbeat.
      channel.state = 'out'
    }
  }

  async function subscribe(channelName: string, listener: Listener): Promise<Subscription> {
    if (isClosed) throw new Error('the store is closed')
    redis ??= open()
    const name = prefix + channelName
    const channel = channels.get(name) ?? { listeners: new Set(), state: 'out' }
    channels.set(name, channel)

    const { promise: settled, resolve } = Promise.withResolvers<void>()
    const callOff = deadline(FIRST_READY_LIMIT_MS, resolve)
    const entry: Listener = {
      message: (text) => listener.message(text),
      lost: () => listener.lost?.(),
      ready() {
        resolve()
        listener.ready?.()
      },
    }
    channel.listeners.add(entry)
    if (channel.state === 'in') entry.ready?.()
    else if (redis.status === 'ready') joinAll()
    await settled
    callOff()
    return { close: () => leave(name, channel, entry) }
  }

  async function leave(name: string, channel: Channel, entry: Listener) {
    channel.listeners.delete(entry)
    if (channel.listeners.size > 0 || channels.get(name) !== channel) return
    channels.delete(name)
    // Without a connection there is nothing to leave.
    await redis?.unsubscribe(name).catch(() => {})
  }

  return {
    subscribe,
    async close() {
      isClosed = true
      clearInterval(heartbeat)
      channels.clear()
      if (redis) await hangUp(redis)
    },
  }
}
