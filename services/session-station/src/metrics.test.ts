import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testUpstream } from '@munjigi/testing/upstream'
import { newProfile } from './profiles/profiles.fixture.ts'
import { testService } from './service.fixture.ts'

const target = await testUpstream((request, response) => {
  const status = request.url === '/refused' ? 401 : 200
  response.writeHead(status, { 'content-type': 'application/json' }).end('{"data":{"token":"t-0815"}}')
})
const service = await testService()
after(async () => {
  await service.close()
  await target.close()
})

test('how logins went is counted, without a name of anybody', async () => {
  const lee = service.as('lee')
  for (const id of ['taken', 'refused'])
    await lee('POST', '/auth-profiles', newProfile(id, { login_config: { url: `${target.url}/${id}` } }))
  await lee('GET', '/auth-context/taken')
  await lee('GET', '/auth-context/taken')
  await lee('POST', '/auth-profiles/taken/test')
  await lee('GET', '/auth-context/refused')
  const lines = (await service.app.inject('/metrics')).body
    .split('\n')
    .filter((line) => line.startsWith('session_station_'))

  const counted = lines.flatMap(
    (line) => /^session_station_logins_total\{(.*),service="session-station"\} (\d+)$/.exec(line)?.slice(1) ?? [],
  )
  assert.deepEqual(counted, [
    'refresh_type="login",outcome="succeeded"',
    '1',
    'refresh_type="test",outcome="succeeded"',
    '1',
    'refresh_type="login",outcome="credentials"',
    '1',
  ])
  assert.equal(
    lines.some((line) => /lee|taken|refused|127\.0\.0\.1/.test(line)),
    false,
  )
})
