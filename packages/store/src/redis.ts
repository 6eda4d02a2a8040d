import { randomUUID } from 'node:crypto'
import { deadline } from '@munjigi/deadline'
import { ANSWER_LIMIT_MS, createClient, hangUp } from './redis-client.ts'
import { redisMessages } from './redis-messages.ts'
import type { Store } from './store.ts'

const RENEW = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('pexpire', KEYS[1], ARGV[2]) or 0"
const REPLACE =
  "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3]) and 1 or 0"
const RELEASE = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('del', KEYS[1]) or 0"
// A time that is no time is refused before anything is counted.
const COUNT = `
  if redis.call('exists', KEYS[1]) == 0 then
    if tonumber(ARGV[1]) < 0 then return {0, tonumber(ARGV[2])} end
    redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return {tonumber(ARGV[1]), tonumber(ARGV[2])}
  end
  return {redis.call('incrby', KEYS[1], ARGV[1]), redis.call('pttl', KEYS[1])}`

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

  async function runOwned(script: string, key: string, ...values: (string | number)[]): Promise<boolean> {
    return (await send(() => redis.eval(script, 1, prefix + key, ...values))) === 1
  }

  return {
    get: async (key) => (await send(() => redis.get(prefix + key))) ?? undefined,
    set: async (key, value, ttlMs) => void (await send(() => redis.set(prefix + key, value, 'PX', ttlMs))),
    add: put,
    replace: (key, expected, value, ttlMs) =>
      expected === undefined ? put(key, value, ttlMs) : runOwned(REPLACE, key, expected, value, ttlMs),
    take: async (key) => (await send(() => redis.getdel(prefix + key))) ?? undefined,
    async count(key, step, ttlMs) {
      const answer = await send(() => redis.eval(COUNT, 1, prefix + key, step, ttlMs))
      const [count, endsInMs] = answer as [number, number]
      return { count, endsInMs }
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

/**
 * What fails here is the store, never the caller: `statusCode` says so to whoever answers. ioredis hangs the command's
 * arguments on its errors, from where they would reach the log.
 */
function asOutage(error: unknown): never {
  if (!(error instanceof Error)) throw error
  Reflect.deleteProperty(error, 'command')
  throw Object.assign(error, { statusCode: 503 })
}
