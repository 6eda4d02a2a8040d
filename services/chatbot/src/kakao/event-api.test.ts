import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { after, test } from 'node:test'
import { headerOf, testUpstream } from '@munjigi/testing/upstream'
import { eventApi } from './event-api.ts'

let answer: RequestListener = (_request, response) => response.end()
const kakao = await testUpstream((request, response) => answer(request, response))
after(kakao.close)

const api = eventApi({ url: kakao.url, botId: 'bot-1', restApiKey: 'rest-key' })
const answering =
  (status: number, body: string): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body)
  }

test('a person is told by the bot that they know, with our key', async () => {
  answer = answering(200, '{"taskId":"t-1","status":"SUCCESS"}')
  const { outcome } = await api.tell('person-1', '오늘 메뉴')
  const seen = kakao.requests.at(-1)

  assert.equal(outcome, 'told')
  assert.deepEqual([seen?.method, seen?.url], ['POST', '/v2/bots/bot-1/talk'])
  assert.equal(headerOf(seen, 'authorization'), 'KakaoAK rest-key')
  assert.deepEqual(JSON.parse(seen?.body ?? ''), {
    event: { name: 'meal_notice', data: { text: '오늘 메뉴' } },
    user: [{ type: 'botUserKey', id: 'person-1' }],
  })
})

test('what Kakao does not take has failed', async () => {
  const refusals: [status: number, body: string][] = [
    [200, '{"taskId":"t-1","status":"FAIL"}'],
    [400, '{"code":-2}'],
    [401, ''],
    [302, ''],
    [429, ''],
    [503, '<html>'],
  ]
  for (const [status, body] of refusals) {
    answer = answering(status, body)
    assert.equal((await api.tell('person-1', 'x')).outcome, 'failed', `${status} ${body}`)
  }
})

test('a message that may have arrived is told apart from one that was never sent', async () => {
  const unclear: [status: number, body: string][] = [
    [200, '<html>'],
    [200, ''],
    [500, 'oops'],
    [502, '<html>'],
    [504, ''],
    [200, `{"status":"SUCCESS","note":"${'x'.repeat(64 * 1024)}"}`],
  ]
  for (const [status, body] of unclear) {
    answer = answering(status, body)
    assert.equal((await api.tell('person-1', 'x')).outcome, 'unknown', `${status} ${body}`)
  }
  answer = (request) => request.socket.destroy()
  assert.equal((await api.tell('person-1', 'x')).outcome, 'unknown')

  const nobody = await testUpstream(() => {})
  await nobody.close()
  const unreachable = eventApi({ url: nobody.url, botId: 'bot-1', restApiKey: 'rest-key' })
  assert.equal((await unreachable.tell('person-1', 'x')).outcome, 'failed')
})
