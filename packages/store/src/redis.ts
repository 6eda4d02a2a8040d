import { randomUUID } from 'node:crypto'
import { deadline } from '@munjigi/deadline'
import { ANSWER_LIMIT_MS, createClient, hangUp } from './redis-client.ts'
import { redisMessages } from './redis-messages.ts'
import { ADMIT, GIVE_BACK, RELEASE, RENEW, REPLACE, type Script } from './redis-scripts.ts'
import { type Limit, type Store, waitKey } from './store.ts'

/** A Store in Redis 6.2 or later (`redis://` or `rediss://`). `prefix` stands before every key and channel. */
export function redisStore(url: string, prefix = ''): Store {
  const redis = createClient(url)
  const messages = redisMessages(url, prefix)

  let closing: Promise<void> | undefined
  // The first commands wait for the first connection, or its failure; later ones fail at once while there is none.
  let isStarted = false
  const { promise: started, resolve } = Promise.withResolvers<void>()
  const callOff = deadline(ANSWER_LIMIT_MS, begin)
  for (const event of ['ready', 'close', 'end']) redis.once(event, begin)

  function begin() {
    callOff()
    isStarted = true
    resolve()
  }

  async function send<Answer>(command: () => Promise<Answer>): Promise<Answer> {
    if (!isStarted) await started
    return command().catch(asOutage)
  }

  async function put(key: string, value: string, ttlMs: number): Promise<boolean> {
    return (await send(() => redis.set(prefix + key, value, 'PX', ttlMs, 'NX'))) === 'OK'
  }

  const run = (script: Script, keys: string[], values: (string | number)[]) =>
    send(async () => {
      const given = [keys.length, ...keys.map((key) => prefix + key), ...values] as const
      const answer = redis.evalsha(script.sha, ...given)
      return answer.catch((error: Error) => {
        if (!error.message.startsWith('NOSCRIPT')) throw error
        return redis.eval(script.text, ...given)
      })
    })

  const runOwned = async (script: Script, key: string, ...values: (string | number)[]) =>
    (await run(script, [key], values)) === 1

  return {
    get: async (key) => (await send(() => redis.get(prefix + key))) ?? undefined,
    set: async (key, value, ttlMs) => void (await send(() => redis.set(prefix + key, value, 'PX', ttlMs))),
    add: put,
    replace: (key, expected, value, ttlMs) =>
      expected === undefined ? put(key, value, ttlMs) : runOwned(REPLACE, key, expected, value, ttlMs),
    take: async (key) => (await send(() => redis.getdel(prefix + key))) ?? undefined,
    async admit(limits) {
      const keys = limits.flatMap(({ key }) => [key, waitKey(key)])
      const leftMs = (await run(ADMIT, keys, limits.flatMap(numbersOf))) as number
      return leftMs === 0 ? undefined : leftMs
    },
    async giveBack({ admitted, forgotten }) {
      const keys = [...admitted, ...forgotten.flatMap((key) => [key, waitKey(key)])]
      await run(GIVE_BACK, keys, [admitted.length])
    },
    remove: async (key) => (await send(() => redis.del(prefix + key))) === 1,
    async lease(key, ttlMs) {
      const owner = randomUUID()
      if (!(await put(key, owner, ttlMs))) return undefined
      return {
        renew: () => runOwned(RENEW, key, owner, ttlMs),
        release: () => runOwned(RELEASE, key, owner),
      }
    },
    publish: async (channel, message) => void (await send(() => redis.publish(prefix + channel, message))),
    subscribe: messages.subscribe,
    // A write, because a replica or a Redis with a full disk still answers PING.
    isAlive: async () => void (await send(() => redis.set(`${prefix}munjigi:alive`, '1', 'PX', 1_000))),
    close() {
      // A client that has ended says so no second time.
      closing ??= Promise.all([messages.close(), hangUp(redis)]).then(() => {})
      return closing
    },
  }
}

const numbersOf = ({ max, windowMs, beyond }: Limit) => [
  max,
  windowMs,
  beyond?.firstWaitMs ?? 0,
  beyond?.longestWaitMs ?? 0,
]

/**
 * What fails here is the store, never the caller: `statusCode` says so to whoever answers. ioredis hangs the command's
 * arguments on its errors, from where they would reach the log.
 */
function asOutage(error: unknown): never {
  if (!(error instanceof Error)) throw error
  Reflect.deleteProperty(error, 'command')
  throw Object.assign(error, { statusCode: 503 })
}
