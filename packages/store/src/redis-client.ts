import { deadline } from '@munjigi/deadline'
import { type Command, Redis } from 'ioredis'

export const ANSWER_LIMIT_MS = 500
// Longer than anybody waits: a process that is busy starting must not take Redis for gone.
const CONNECT_LIMIT_MS = 2_000
const RETRY_LIMIT_MS = 500

/** A client whose commands fail within half a second, and which connects by itself for as long as it is not closed. */
export function createClient(url: string): Redis {
  // With the client's own defaults a command waits for ever while Redis is gone, and is sent again when it is back.
  const redis = new PatientRedis(url, {
    connectTimeout: CONNECT_LIMIT_MS,
    disconnectTimeout: ANSWER_LIMIT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: (times) => Math.min(times * 50, RETRY_LIMIT_MS),
    // After a failover the old address may be a replica: connect anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  // The commands that fail tell the error; without a listener the client would print it.
  return redis.on('error', () => {})
}

/** The client's own limits count the time in which this process stood still as Redis's silence. */
class PatientRedis extends Redis {
  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    const callOff = deadline(ANSWER_LIMIT_MS, () => {
      command.reject(new Error('Command timed out'))
      // Nobody waits for what it may still answer.
      this.stream.destroy()
    })
    command.promise.then(callOff, callOff)
    return super.sendCommand(command, stream)
  }
}

export async function hangUp(redis: Redis): Promise<void> {
  // QUIT is refused or unanswered when Redis is gone.
  await redis.quit().catch(() => redis.disconnect())
}
