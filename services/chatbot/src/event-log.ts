import type { ChatbotEvent } from '@munjigi/chatbot-sdk/events'
import type { FastifyBaseLogger } from 'fastify'

/** What the record must hold (source 002 §3.2): call-backs that were refused, tokens that did not come, and why. */
export function logEvent(log: Pick<FastifyBaseLogger, 'info' | 'warn'>, event: ChatbotEvent): void {
  switch (event.kind) {
    case 'callback_refused':
      log.warn({ reason: event.reason }, 'call-back refused')
      return
    case 'refresh':
      if (event.outcome !== 'renewed') log.warn({ outcome: event.outcome, reason: event.reason }, 'login not renewed')
      return
    case 'exchange':
      if (event.outcome !== 'exchanged')
        log.warn({ outcome: event.outcome, reason: event.reason }, 'token not exchanged')
      return
    case 'linked':
    case 'unlinked':
    case 'logged_out':
      log.info({ change: event.kind }, 'login changed')
  }
}
