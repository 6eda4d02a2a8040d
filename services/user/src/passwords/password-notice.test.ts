import assert from 'node:assert/strict'
import { after, before, mock, test } from 'node:test'
import { eventually } from '@munjigi/testing/eventually'
import { testUpstream, type Upstream } from '@munjigi/testing/upstream'
import { newAddress, PASSWORD, send, type TestPasswords, testPasswords, tokensOf } from './passwords.fixture.ts'

const NEXT = 'a-new-password'

let mailApi: Upstream
let house: TestPasswords
before(async () => {
  mailApi = await testUpstream((request, response) => {
    request.resume().on('end', () => response.end('{}'))
  })
  // The sender does not look by itself: what comes, comes because it was woken.
  mock.timers.enable({ apis: ['setInterval'] })
  const endpoint = `${mailApi.url}/send-mail`
  house = await testPasswords({ INTERNAL_MAIL_API_ENDPOINT: endpoint, INTERNAL_MAIL_API_KEY: 'secret-key-for-mail' })
})
after(async () => {
  await house.service.close()
  await mailApi.close()
  mock.timers.reset()
})

/** Signs in, and gives what changes the password then. */
async function change(person: { sub: string; email: string }, current_password = PASSWORD, at = house.service.url) {
  const { access_token } = await tokensOf(await house.login({ email: person.email, password: PASSWORD }, newAddress()))
  return () =>
    send(
      'PUT',
      `${at}/api/auth/v1/password`,
      { current_password, new_password: NEXT },
      { authorization: `Bearer ${access_token}`, 'x-user-sub': person.sub },
    )
}

async function linkFor(sub: string): Promise<string> {
  const root = await house.person({ role: 'ADMIN', superuser: true })
  const { access_token } = await tokensOf(await house.login({ email: root.email, password: PASSWORD }, newAddress()))
  const issued = await house.as(access_token, root.sub)('POST', `/api/admin/v1/people/${sub}/password-reset`)
  assert.equal(issued.status, 200)
  const { reset_url } = (await issued.json()) as { reset_url: string }
  return reset_url.split('#token=')[1] ?? ''
}

const reset = (token: string, new_password = NEXT) =>
  send('POST', `${house.service.url}/api/auth/v1/password-reset`, { token, new_password }, newAddress())

async function writtenTo({ email }: { email: string }) {
  const rows = await house.service.db.selectFrom('notices').select(['kind', 'recipients']).orderBy('id').execute()
  return rows.flatMap(({ kind, recipients }) => (recipients[0] === email ? [kind] : []))
}

const mailTo = ({ email }: { email: string }, about = ''): Promise<{ subject: string; html: string }> =>
  eventually(() => {
    const mails = mailApi.requests.map(({ body }) => JSON.parse(body))
    const mail = mails.find(({ to, subject }) => to[0] === email && subject.includes(about))
    assert.ok(mail, 'no mail came')
    return mail
  })

test('a changed password is told at once to whose it is, in their language, once for each change', async () => {
  const korean = await house.person({ username_kr: '김<b>', username_en: 'Kim' })
  const english = await house.person({ username_en: 'Lee', language_preference: 'en' })
  for (const person of [korean, english]) assert.equal((await (await change(person))()).status, 204)

  assert.equal((await mailTo(korean)).subject, '[문지기] 비밀번호가 변경되었습니다')
  assert.match((await mailTo(korean)).html, /lang="ko".*김&lt;b&gt; \(id-.*님의 비밀번호가 변경되었습니다/)
  assert.equal((await mailTo(english)).subject, '[Munjigi] Your password was changed')
  assert.match((await mailTo(english)).html, /lang="en".*Lee \(id-.*If it was not you/)
  assert.deepEqual(await writtenTo(korean), ['password-changed'])
  assert.deepEqual(await writtenTo(english), ['password-changed'])
})

test('a link to set a password is told to whose it is, and that it was set; neither mail has the link or the password', async () => {
  const person = await house.person()
  const token = await linkFor(person.sub)
  const made = JSON.stringify(await mailTo(person, '링크가 발급되었습니다'))
  assert.deepEqual(await writtenTo(person), ['password-link-made'])
  assert.equal((await reset(token)).status, 204)

  const set = JSON.stringify(await mailTo(person, '비밀번호가 변경되었습니다'))
  for (const mail of [made, set]) assert.ok(!mail.includes(token) && !mail.includes(NEXT))
  assert.deepEqual(await writtenTo(person), ['password-link-made', 'password-changed'])
})

test('of two changes or uses of a link at once the one that is done is told, and no other', async () => {
  const [changing, setting] = [await house.person(), await house.person()]
  const put = await change(changing)
  const changes = await Promise.all([put(), put()])
  const token = await linkFor(setting.sub)
  const uses = await Promise.all([reset(token), reset(token, 'another-password')])

  assert.deepEqual(changes.map(({ status }) => status).sort(), [204, 403])
  assert.deepEqual(uses.map(({ status }) => status).sort(), [204, 401])
  assert.deepEqual(await writtenTo(changing), ['password-changed'])
  assert.deepEqual(await writtenTo(setting), ['password-link-made', 'password-changed'])
})

test('nothing is told of a change that is refused, and without a mail API none is written', async () => {
  const [refused, unheard] = [await house.person(), await house.person()]
  const silent = await house.service.start({ env: { INTERNAL_MAIL_API_ENDPOINT: '', INTERNAL_MAIL_API_KEY: '' } })

  assert.equal((await (await change(refused, 'wrong-password'))()).status, 403)
  assert.equal((await reset('guessed')).status, 401)
  assert.equal((await (await change(unheard, PASSWORD, silent))()).status, 204)
  assert.deepEqual(await writtenTo(refused), [])
  assert.deepEqual(await writtenTo(unheard), [])
})
