import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { createServer } from '@munjigi/server/create-server'
import { type TestIssuer, testIssuer } from '@munjigi/testing/issuer'
import { chatbotRoutes } from './fastify.ts'
import { chatbotHouse } from './house.fixture.ts'
import { CLIENT, callbackOf, signed, unlinkNotice } from './relay.fixture.ts'

const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded'

let house: Awaited<ReturnType<typeof chatbotHouse>>
let issuer: TestIssuer
const app = createServer({ name: 'host', logLevel: 'silent' })
before(async () => {
  house = await chatbotHouse()
  issuer = await testIssuer()
  const idp = { issuer: issuer.issuer, clientId: CLIENT, clientSecret: 'secret' }
  // What a host reads by itself is read as before beside the routes.
  app.addContentTypeParser(FORM, { parseAs: 'string' }, async (_request: unknown, body: unknown) => ({ form: body }))
  app.post('/own', async ({ body }) => body)
  await app.register(chatbotRoutes, { prefix: '/bot', chatbot: house.chatbot() })
  await app.register(chatbotRoutes, { prefix: '/told', chatbot: house.chatbot({ idp }) })
  await app.listen({ port: 0, host: '127.0.0.1' })
})
after(async () => {
  await app.close()
  await house.close()
  await issuer.close()
})

async function post(path: string, body: string | Buffer, headers: OutgoingHttpHeaders = {}, type = JSON_TYPE) {
  const { port } = app.server.address() as AddressInfo
  const sent = httpRequest({ port, path, method: 'POST', headers: { 'content-type': type, ...headers } })
  const [answer] = (await once(sent.end(body), 'response')) as [IncomingMessage]
  const content = await text(answer)
  const problem = answer.headers['content-type']?.startsWith('application/problem+json')
  return {
    status: answer.statusCode,
    headers: answer.headers,
    content,
    outcome: `${answer.statusCode} ${problem ? JSON.parse(content).type : content}`,
  }
}

/** A login of somebody who is linked to no chat yet. */
async function unlinkedLogin() {
  const { username, chat, sub } = await house.person()
  await house.userMap.remove(chat)
  const password = 'a-long-password'
  const tokens = await house.provider.tokensOf(username, { scope: 'openid offline_access', password })
  return { chat, sub, callback: callbackOf(house.provider.issuer, tokens, { chatbot_user_id: chat }) }
}

test('the relay brings logins to either path, and the answer says nothing but that it went well', async () => {
  for (const path of ['/bot/users/callback', '/bot/callback']) {
    const { chat, sub, callback } = await unlinkedLogin()
    const { body, headers } = signed(callback)

    assert.equal((await post(path, body, headers)).outcome, '204 ')
    assert.equal((await house.userMap.findByChat(chat))?.keycloak_sub, sub)
  }
})

test('the relay tells of endings', async () => {
  const { chat } = await house.person()
  const { body, headers } = signed(unlinkNotice(chat))

  assert.equal((await post('/bot/users/unlink', body, headers)).outcome, '204 ')
  assert.equal(await house.userMap.findByChat(chat), undefined)
})

test('a refusal is answered as a problem by the host', async () => {
  const { chat, callback } = await unlinkedLogin()
  const { body, headers } = signed(callback)
  const signature = headers['x-relay-signature']
  const malformed = '400 /problems/callback-malformed'
  const unsigned = '401 /problems/relay-signature-invalid'

  assert.equal((await post('/bot/callback', body)).outcome, unsigned)
  assert.equal((await post('/bot/callback', body, { 'x-relay-signature': [signature, signature] })).outcome, unsigned)
  assert.equal(
    (await post('/bot/callback', body, { 'x-relay-signature': 'x', X_Relay_Signature: signature })).outcome,
    unsigned,
  )
  assert.equal((await post('/bot/callback', '{', headers)).outcome, malformed)
  assert.equal((await post('/bot/callback', '', headers)).outcome, malformed)
  assert.equal((await post('/bot/users/unlink', Buffer.from([0xff]), headers)).outcome, malformed)
  assert.equal(
    (await post('/bot/callback', ' '.repeat(64 * 1024 + 1), headers)).outcome,
    '413 /problems/body-too-large',
  )
  assert.equal((await post('/bot/callback', body, headers, FORM)).outcome, '415 /problems/unsupported-media-type')
  assert.equal(await house.userMap.findByChat(chat), undefined)
})

test('the identity provider tells of logouts by a form', async () => {
  const { chat, sub } = await house.person()
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const token = issuer.token({ aud: CLIENT, sub, sid: undefined, typ: 'Logout', events })
  const answer = await post('/told/backchannel-logout', `logout_token=${token}`, {}, FORM)

  assert.equal(answer.outcome, '200 ')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal((await house.userMap.findByChat(chat))?.refresh_token, null)
})

test('a form that holds no logout token, or two, is refused, and its answer is kept by nobody', async () => {
  const refused = '400 /problems/logout-token-invalid'
  const answer = await post('/bot/backchannel-logout', 'logout_token=x.y.z', {}, FORM)

  assert.equal(answer.outcome, refused)
  assert.equal(answer.headers['cache-control'], 'no-store')
  for (const form of ['', 'token=x', 'logout_token=a&logout_token=b'])
    assert.equal((await post('/bot/backchannel-logout', form, {}, FORM)).outcome, refused)
  assert.equal((await post('/bot/backchannel-logout', '{}')).outcome, '415 /problems/unsupported-media-type')
})

test('the host reads its own requests as before, and no other path is there', async () => {
  assert.equal((await post('/own', '{"a":1}')).content, '{"a":1}')
  assert.equal((await post('/own', 'a=1', {}, FORM)).content, '{"form":"a=1"}')
  assert.equal((await post('/bot/users/other', '{}')).status, 404)
})
