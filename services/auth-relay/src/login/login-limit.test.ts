import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '@munjigi/store/store'
import { testStore } from '@munjigi/testing/store'
import { formOf, refusalOf, testBrowser } from '../browser.fixture.ts'
import { testChatbot, testRelay } from '../relay.fixture.ts'
import { stubIdp } from '../stub-idp.fixture.ts'

/** A store that tells what was written into it. */
function watched(store: Store) {
  const written: string[] = []
  const seen: Store = {
    ...store,
    set: (key, value, ttlMs) => {
      written.push(key)
      return store.set(key, value, ttlMs)
    },
    add: async (key, value, ttlMs) => {
      const isAdded = await store.add(key, value, ttlMs)
      if (isAdded) written.push(key)
      return isAdded
    },
  }
  return { seen, written }
}

test('what strangers ask for is kept nowhere, and of one link no more than 50 logins', async (t) => {
  const [stub, chatbot, store] = [await stubIdp(t), await testChatbot(t), testStore()]
  t.after(store.close)
  const { seen, written } = watched(store)
  const relay = await testRelay(t, { idp: stub, chatbot, store: seen })
  const link = await relay.link()
  const stranger = testBrowser(relay)
  for (const path of [
    '/login/x',
    `${new URL(link).pathname}x`,
    '/oidc/callback?state=x&code=x',
    '/webhooks/kakao/unlink',
  ])
    await stranger.get(path)
  await stranger.post(link, { token: 'x' })
  const browser = testBrowser(relay)
  const { action, token } = formOf(await (await browser.get(link)).text())
  assert.deepEqual(written, [])

  const begun = await Promise.all(Array.from({ length: 60 }, () => browser.post(action, { token })))
  assert.equal(begun.filter(({ status }) => status === 303).length, 50)
  for (const answer of begun.filter(({ status }) => status !== 303))
    assert.deepEqual(await refusalOf(answer), [429, 'too-many-logins'])
  assert.equal(written.length, 100)
  assert.equal((await testBrowser(relay).begin(await relay.link())).origin, new URL(stub.issuer).origin)
})
