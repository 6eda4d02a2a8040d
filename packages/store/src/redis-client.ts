import { Redis } from 'ioredis'

const ANSWER_LIMIT_MS = 500
const RETRY_LIMIT_MS = 500

/** A client whose commands fail within half a second, and which connects by itself for as long as it is not closed. */
export function createClient(url: string): Redis {
  // With the client's own defaults a command waits for ever while Redis is gone, and is sent again when it is back.
  const redis = new Redis(url, {
    commandTimeout: ANSWER_LIMIT_MS,
    connectTimeout: ANSWER_LIMIT_MS,
    socketTimeout: ANSWER_LIMIT_MS,
    disconnectTimeout: ANSWER_LIMIT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: (times) => Math.min(times * 50, RETRY_LIMIT_MS),
    // After a failover the old address may be a replica: connect anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  // Told by the commands that fail; without a listener the client prints each error.
  return redis.on('error', () => {})
}

export async function hangUp(redis: Redis): Promise<void> {
  // QUIT is refused or unanswered when Redis is gone.
  await redis.quit().catch(() => redis.disconnect())
}
