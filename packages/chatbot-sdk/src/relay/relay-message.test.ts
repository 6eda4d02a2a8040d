import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SIGNED_WITHIN_SECONDS, UnlinkNotice } from '@munjigi/contracts/relay'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import { testStore } from '@munjigi/testing/store'
import { readRelayMessage } from './relay-message.ts'

const relay = { clientKey: 'kakao-bot', hmacSecret: 'between relay and chatbot' }

test('a nonce is remembered for as long as its ts is taken, from the earliest moment on', async (t) => {
  const store = testStore()
  t.after(store.close)
  const lives: number[] = []
  const add: typeof store.add = (key, value, ttlMs) => {
    lives.push(ttlMs)
    return store.add(key, value, ttlMs)
  }
  const ts = Math.floor(Date.now() / 1000)
  const nonce = `nonce-${process.pid}-${ts}`
  const body = canonicalJson({ event: 'unlink', client_key: 'kakao-bot', chatbot_user_id: 'kim', ts, nonce })
  const headers = { 'x-relay-signature': signatureOf(relay.hmacSecret, body) }
  await readRelayMessage(UnlinkNotice, body, headers, { relay, store: { ...store, add }, now: Date.now })

  assert.equal(lives.length, 1)
  assert.ok(lives.every((ms) => ms > 2 * SIGNED_WITHIN_SECONDS * 1000))
})
