import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { redisStore } from '@munjigi/store/redis'
import type { Store } from '@munjigi/store/store'
import { testStore } from '@munjigi/testing/store'
import { buildApp } from './app.ts'
import { clientsOf, entryOf } from './clients/clients.fixture.ts'
import { testSettings } from './settings.fixture.ts'

const asked = {
  chatbot_user_id: 'user-123',
  callback_url: 'https://bot.example.com/users/callback',
  client_key: 'bot',
}

function relay(t: TestContext, basePath = '', store: Store = testStore()) {
  const settings = testSettings({ baseUrl: `https://example.com${basePath}`, basePath, allowUnsignedIssue: true })
  const clients = clientsOf(settings, { bot: entryOf() })
  const app = buildApp({ store, settings, clients }, { logLevel: 'silent' })
  t.after(async () => {
    await app.close()
    clients.close()
    await store.close()
  })
  return app
}

test('it stands at a root path, under /relay and under /api/auth-relay, by BASE_URL alone', async (t) => {
  for (const basePath of ['', '/relay', '/api/auth-relay']) {
    const app = relay(t, basePath)
    const health = await app.inject(`${basePath}/health`)
    const issued = await app.inject({ method: 'POST', url: `${basePath}/issue_login_link`, payload: asked })
    const { paths } = (await app.inject(`${basePath}/openapi.json`)).json()

    assert.deepEqual(health.json(), { status: 'ok' })
    assert.ok(issued.json().login_link.startsWith(`https://example.com${basePath}/login/`))
    for (const path of ['/issue_login_link', '/oidc/callback', '/webhooks/kakao/unlink'])
      assert.ok(basePath + path in paths, path)
    if (basePath !== '') assert.equal((await app.inject('/health')).statusCode, 404)
  }
})

test('every answer is kept by nobody and names no page to the next', async (t) => {
  const app = relay(t)
  const answers = await Promise.all([
    app.inject('/health'),
    app.inject('/openapi.json'),
    app.inject('/login/x'),
    app.inject({ url: '/login/x', headers: { accept: 'text/html' } }),
    app.inject('/oidc/callback'),
    app.inject('/webhooks/kakao/unlink'),
    app.inject({ method: 'POST', url: '/issue_login_link', payload: {} }),
  ])

  for (const { headers } of answers) {
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['referrer-policy'], 'no-referrer')
  }
})

test('a link that is none is refused in the words of source 001, to a browser by a page', async (t) => {
  const app = relay(t)
  const plain = await app.inject('/login/not-a-link')
  const page = await app.inject({ url: '/login/not-a-link', headers: { accept: 'text/html', 'accept-language': 'en' } })

  assert.deepEqual(
    [plain.statusCode, plain.json().type, plain.json().detail],
    [400, '/problems/invalid-or-expired-link', 'invalid_or_expired_link'],
  )
  assert.equal(page.statusCode, 400)
  assert.match(page.body, /Ask for a new login link in the chat.*Code: invalid_or_expired_link/s)
})

test('where the store is gone it is alive and not ready', async (t) => {
  const app = relay(t, '', redisStore('redis://127.0.0.1:1'))
  const ready = await app.inject('/readyz')

  assert.equal((await app.inject('/health')).statusCode, 200)
  assert.deepEqual([ready.statusCode, ready.json().checks['auth-relay-store']], [503, 'failed'])
})
