import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatbotEvent } from '@munjigi/chatbot-sdk/events'
import { logEvent } from './event-log.ts'

function linesOf(...events: ChatbotEvent[]): unknown[] {
  const lines: unknown[] = []
  const at = (level: string) => (facts: unknown, message?: string) => void lines.push([level, message, facts])
  for (const event of events) logEvent({ info: at('info'), warn: at('warn') }, event)
  return lines
}

test('what is refused or fails is on record with its reason', () => {
  assert.deepEqual(
    linesOf(
      { kind: 'callback_refused', reason: 'relay-signature-invalid' },
      { kind: 'refresh', outcome: 'ended', reason: 'invalid_grant' },
      { kind: 'exchange', outcome: 'refused', reason: 'invalid_client' },
      { kind: 'unlinked' },
    ),
    [
      ['warn', 'call-back refused', { reason: 'relay-signature-invalid' }],
      ['warn', 'login not renewed', { outcome: 'ended', reason: 'invalid_grant' }],
      ['warn', 'token not exchanged', { outcome: 'refused', reason: 'invalid_client' }],
      ['info', 'login changed', { change: 'unlinked' }],
    ],
  )
})

test('what goes well every minute is counted and not written', () => {
  const well: ChatbotEvent[] = [
    { kind: 'refresh', outcome: 'renewed' },
    { kind: 'exchange', outcome: 'exchanged' },
    { kind: 'login_link_issued' },
  ]

  assert.deepEqual(linesOf(...well), [])
})
