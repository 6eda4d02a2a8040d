import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'
import { claimNotice, type DueNotice, markDelivered, markFailed } from './due-notices.ts'
import { attemptMail, type MailApi } from './mail-api.ts'
import { nextAttempt } from './next-attempt.ts'

const INTERVAL_MS = 5_000
/** A notice that the mail API answers late or never holds up a quarter of the others, and not all of them. */
const AT_ONCE = 4

export interface Sender {
  /** To be called when something was written: sends what is due. */
  wake(): void
  /** Waits until what is being sent has ended. */
  close(): Promise<void>
}

interface SenderDeps {
  db: Kysely<Tables>
  mail: MailApi | undefined
  log: FastifyBaseLogger
}

/**
 * Sends notices from the outbox, each at least once: a process that dies between the mail API's answer and our note of it
 * leaves one to be sent again, under the same Idempotency-Key.
 */
export function startSender({ db, mail, log }: SenderDeps): Sender {
  if (mail === undefined) {
    log.info('no mail API is configured: notices are neither written nor sent')
    return { wake: () => {}, close: async () => {} }
  }
  let isClosing = false
  let isWanted = false
  const lanes = new Set<Promise<void>>()

  async function sendInTurn() {
    isWanted = false
    for (let notice = await claimNotice(db); notice; notice = isClosing ? undefined : await claimNotice(db)) {
      // Where one was due there may be more.
      openLane()
      await deliver({ db, mail: mail as MailApi, log }, notice)
    }
  }

  function openLane() {
    if (isClosing || lanes.size >= AT_ONCE) return
    const lane = sendInTurn()
      .catch((error: unknown) => log.warn({ err: error }, 'notices not sent'))
      .finally(() => {
        lanes.delete(lane)
        if (isWanted) openLane()
      })
    lanes.add(lane)
  }

  function wake() {
    // Where every lane is busy the next to end looks once more.
    isWanted = true
    openLane()
  }

  const timer = setInterval(wake, INTERVAL_MS).unref()
  return {
    wake,
    async close() {
      isClosing = true
      clearInterval(timer)
      await Promise.all(lanes)
    },
  }
}

async function deliver({ db, mail, log }: SenderDeps & { mail: MailApi }, notice: DueNotice): Promise<void> {
  const { id, kind, recipients, content, attempts, idempotency_key } = notice
  const failure = await attemptMail(mail, { to: recipients, ...content }, idempotency_key)
  if (failure === undefined) return markDelivered(db, id)
  const nextAttemptAt = nextAttempt(notice, failure, Date.now())
  await markFailed(db, id, { error: failure.error, nextAttemptAt })
  const facts = { notice: id, kind, attempts, error: failure.error }
  if (nextAttemptAt === null) log.error(facts, 'notice given up')
  else log.warn(facts, 'notice not delivered yet')
}
