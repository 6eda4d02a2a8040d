import { setTimeout } from 'node:timers/promises'
import type { UnlinkNotice } from '@munjigi/contracts/relay'
import { newSecret } from '@munjigi/identity/browser-login'
import type { FastifyBaseLogger } from 'fastify'
import type { RelayClient } from '../clients/clients.ts'
import { signedPost } from '../signed-post.ts'

const TRY_LIMIT_MS = 2_000
const PAUSES_MS = [500, 2_000]

export interface UnlinkNotices {
  /** Tells the client's chatbot, behind the caller's back. */
  send(client: RelayClient, chatbotUserId: string): void
  /** Resolves when every notice under way has come to its end. */
  finished(): Promise<void>
}

/** Notices to chatbots that the messenger unlinked a person; a connection failure or 5xx is tried again, as a new message. */
export function unlinkNotices(log: FastifyBaseLogger): UnlinkNotices {
  const underWay = new Set<Promise<void>>()
  return {
    send(client, chatbotUserId) {
      const notice = tell(client, chatbotUserId, log).finally(() => underWay.delete(notice))
      underWay.add(notice)
    },
    finished: async () => void (await Promise.all(underWay)),
  }
}

async function tell(client: RelayClient, chatbotUserId: string, log: FastifyBaseLogger): Promise<void> {
  const { key, unlinkUrl, hmacSecret } = client
  if (unlinkUrl === undefined) return
  for (const pauseMs of [...PAUSES_MS, undefined]) {
    const now = Math.floor(Date.now() / 1000)
    const notice: UnlinkNotice = {
      event: 'unlink',
      client_key: key,
      chatbot_user_id: chatbotUserId,
      ts: now,
      nonce: newSecret(),
    }
    const outcome = await signedPost(unlinkUrl, notice, hmacSecret, TRY_LIMIT_MS).catch(failureOf)
    if (typeof outcome === 'number' && outcome < 300) return
    const isFinal = pauseMs === undefined || (typeof outcome === 'number' && outcome < 500)
    log[isFinal ? 'error' : 'warn']({ client: key, outcome, isFinal }, 'chatbot did not take the unlink notice')
    if (isFinal) return
    await setTimeout(pauseMs)
  }
}

const failureOf = (error: Error & { code?: string }): string => error.code ?? error.name
