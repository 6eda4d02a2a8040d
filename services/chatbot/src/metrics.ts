import type { ChatbotEvent } from '@munjigi/chatbot-sdk/events'
import { Counter, type Registry } from 'prom-client'

export type NoticeOutcome = 'told' | 'failed' | 'unknown'

export interface ChatbotMetrics {
  count(event: ChatbotEvent): void
  countNotice(outcome: NoticeOutcome): void
}

/** What operations watch (source 002 §6). */
export function chatbotMetrics(registry: Registry): ChatbotMetrics {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const refreshes = counter('chatbot_refreshes_total', 'Renewals of access tokens by outcome', ['outcome'])
  const exchanges = counter('chatbot_exchanges_total', 'Token exchanges by outcome', ['outcome'])
  const expired = counter('chatbot_unauthorized_after_expiry_total', 'Calls refused because the token had ended', [])
  const offered = counter('chatbot_login_links_total', 'New login links offered', [])
  const links = counter('chatbot_links_total', 'Chats linked to a person and unlinked', ['change'])
  const refused = counter('chatbot_callbacks_refused_total', "The relay's call-backs refused, by reason", ['reason'])
  const notices = counter('chatbot_notices_total', 'Notices by outcome', ['outcome'])

  return {
    count: (event) => {
      if (event.kind === 'refresh') refreshes.inc({ outcome: event.outcome })
      else if (event.kind === 'exchange') exchanges.inc({ outcome: event.outcome })
      else if (event.kind === 'unauthorized_after_expiry') expired.inc()
      else if (event.kind === 'login_link_issued') offered.inc()
      else if (event.kind === 'callback_refused') refused.inc({ reason: event.reason })
      else links.inc({ change: event.kind })
    },
    countNotice: (outcome) => notices.inc({ outcome }),
  }
}
