import { ACCESS_CHANNEL, readAccessMessage } from '@munjigi/contracts/access'
import type { Store } from '@munjigi/store/store'
import type { FastifyBaseLogger } from 'fastify'
import { type AccessRecords, personName } from './access-records.ts'
import { type Exchanges, keyName } from './exchange.ts'

export interface AccessChanges {
  /** False while messages cannot arrive: what is remembered is then believed for 5 s only. */
  readonly isHeard: boolean
  /** Called after a change, with the names it is about; undefined: it may be about anybody. */
  onChange(listener: (names: readonly string[] | undefined) => void): void
  close(): Promise<void>
}

interface AccessChangesDeps {
  /** Undefined where there is no store that user writes to as well. */
  store: Pick<Store, 'subscribe'> | undefined
  records: AccessRecords
  exchanges: Exchanges
  log: Pick<FastifyBaseLogger, 'warn'>
}

/** Hears on `munjigi:access` whose rights changed, and forgets what is remembered of them (DESIGN §4.6). */
export async function hearAccessChanges({ store, records, exchanges, log }: AccessChangesDeps): Promise<AccessChanges> {
  const listeners: ((names: readonly string[] | undefined) => void)[] = []
  let isHeard = false

  function forget(names: readonly string[] | undefined) {
    exchanges.drop(names)
    for (const listener of listeners) listener(names)
  }
  function forgetAll() {
    records.dropAll()
    forget(undefined)
  }
  function hear(text: string) {
    const message = readAccessMessage(text)
    if (message === undefined) log.warn('unreadable message about changed access: everything is forgotten')
    if (message === undefined || 'all' in message) forgetAll()
    else if ('key_id' in message) forget([keyName(message.key_id)])
    else forget(records.drop(personName(message.issuer, message.sub)))
  }

  const subscription = await store?.subscribe(ACCESS_CHANNEL, {
    message: hear,
    ready() {
      isHeard = true
      // What was said while nobody listened is lost.
      forgetAll()
    },
    lost() {
      isHeard = false
    },
  })
  return {
    get isHeard() {
      return isHeard
    },
    onChange: (listener) => void listeners.push(listener),
    close: async () => subscription?.close(),
  }
}
