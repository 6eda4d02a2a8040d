// A further process of the service, in which many ask for one context at once.
import { connect } from '@munjigi/db/connect'
import { keyRing } from '@munjigi/sealing/fernet'
import { sealedText } from '@munjigi/sealing/sealed-text'
import { createContexts } from '@munjigi/session-station/contexts/contexts'
import { parseAllowed } from '@munjigi/session-station/egress/allowed-ranges'
import { createEgress } from '@munjigi/session-station/egress/create-egress'
import { servingHandle } from '@munjigi/session-station/serving-handle'
import { redisStore } from '@munjigi/store/redis'

export interface CallersSetup {
  databaseUrl: string
  redisUrl: string
  prefix: string
  key: string
}

export interface Crowd {
  sub: string
  service_id: string
  callers: number
}

/** Of those who asked at once. */
export interface Waits {
  failed: number
  longestMs: number
}

let contexts: ReturnType<typeof createContexts>

function setUp({ databaseUrl, redisUrl, prefix, key }: CallersSetup): void {
  contexts = createContexts({
    db: servingHandle(connect(databaseUrl)),
    store: redisStore(redisUrl, prefix),
    sealing: sealedText(keyRing(key)),
    egress: createEgress({ allow: parseAllowed('127.0.0.1') }),
    log: { info() {}, warn() {} },
  })
}

async function gather({ sub, service_id, callers }: Crowd): Promise<Waits> {
  const begun = performance.now()
  const waits = await Promise.allSettled(
    Array.from({ length: callers }, async () => {
      await contexts.headers(sub, service_id)
      return performance.now() - begun
    }),
  )
  const answered = waits.filter((wait) => wait.status === 'fulfilled').map(({ value }) => value)
  return { failed: callers - answered.length, longestMs: Math.max(...answered) }
}

process.on('message', async (message: CallersSetup | Crowd) => {
  if ('callers' in message) process.send?.(await gather(message))
  else {
    setUp(message)
    process.send?.('ready')
  }
})
