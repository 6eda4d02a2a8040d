import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { heading, NO_CHROMIUM, testConsole } from './browser.fixture.ts'
import { somebody, type TestPerson } from './gateway.fixture.ts'

const PASSWORD = 'right-and-long'

describe('passwords in Chromium', { skip: NO_CHROMIUM }, () => {
  const people: TestPerson[] = []
  let house: Awaited<ReturnType<typeof testConsole>>
  let url: string

  before(async () => {
    house = await testConsole(people)
    url = house.url
  })
  after(() => house?.close())

  function newPerson(name: string): TestPerson {
    const person = somebody(`person.${people.length}`, { username_kr: name })
    people.push(person)
    house.gateway.byPassword.passwords.set(person, PASSWORD)
    return person
  }
  function newLink(person: TestPerson) {
    const token = randomUUID()
    house.gateway.byPassword.links.set(token, person)
    return { token, link: `${url}/reset-password#token=${token}` }
  }
  async function open(address = url): Promise<Page> {
    const page = await (await house.newContext()).newPage()
    await page.goto(address)
    return page
  }
  async function signIn(page: Page, { email }: TestPerson, password: string): Promise<void> {
    await page.getByLabel('이메일', { exact: true }).fill(email ?? '')
    await page.getByLabel('비밀번호', { exact: true }).fill(password)
    await page.getByRole('button', { name: '로그인', exact: true }).click()
  }
  async function choose(page: Page, password: string, again = password): Promise<void> {
    await page.getByLabel('새 비밀번호', { exact: true }).fill(password)
    await page.getByLabel('새 비밀번호 확인', { exact: true }).fill(again)
    await page.getByRole('button', { name: '비밀번호 설정' }).click()
  }
  const alert = (page: Page, text: string) =>
    page.getByRole('alert').filter({ hasText: text }).and(page.locator(':focus')).waitFor()
  const keptBy = async (page: Page) =>
    page.url() +
    (await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, Reflect.get(globalThis, 'history').state]),
    ))
  const sent = (path: string) => house.gateway.requests.filter((request) => request.url === `/api/auth/v1/${path}`)

  test('a person signs in by password, and a reload by the cookie', async () => {
    const page = await open()
    await signIn(page, newPerson('김비번'), PASSWORD)
    await heading(page, '김비번 님, 안녕하세요')
    await page.reload()

    await heading(page, '김비번 님, 안녕하세요')
    await page.context().close()
  })

  test('neither password nor token is in the address or in any storage of the browser', async () => {
    const page = await open()
    await signIn(page, newPerson('이보관'), PASSWORD)
    await heading(page, /이보관/)
    const kept = await keptBy(page)

    assert.doesNotMatch(kept, /right-and-long|eyJ|signature/)
    await page.context().close()
  })

  test('a sign-in by password reaches the other tabs', async () => {
    const page = await open()
    const tab = await page.context().newPage()
    await tab.goto(url)
    await heading(tab, '로그인')
    await signIn(page, newPerson('박여럿'), PASSWORD)

    await heading(tab, /박여럿/)
    await page.context().close()
  })

  test('a refusal is said, stands in focus and lets the person try again', async () => {
    const choi = newPerson('최오타')
    const page = await open()
    await signIn(page, choi, 'wrong')
    await alert(page, '이메일 또는 비밀번호가 올바르지 않습니다.')
    await signIn(page, choi, PASSWORD)

    await heading(page, /최오타/)
    await page.context().close()
  })

  test('who must wait is told how long, and whose account is disabled that it is', async (t) => {
    const { settings } = house.gateway.byPassword
    t.after(() => {
      settings.waitSeconds = 0
    })
    const jung = newPerson('정중지')
    jung.status = 'disabled'
    const page = await open()
    for (const [seconds, told] of [
      [30, '30초 후에 다시 시도해 주세요.'],
      [150, '3분 후에 다시 시도해 주세요.'],
    ] as const) {
      settings.waitSeconds = seconds
      await signIn(page, jung, PASSWORD)
      await alert(page, told)
    }
    settings.waitSeconds = 0
    await signIn(page, jung, PASSWORD)
    await alert(page, '사용이 중지된 계정입니다')
    await page.context().close()
  })

  test('a form that is being sent is not sent again', async () => {
    const han = newPerson('한두번')
    const page = await open()
    const before = sent('login').length
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await page.route('**/api/auth/v1/login', async (route) => {
      await released
      await route.continue()
    })
    await signIn(page, han, PASSWORD)
    await page.locator('button[type=submit]:disabled').waitFor()
    await page
      .locator('form')
      .evaluate((form) => form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })))
    release()
    await heading(page, /한두번/)

    assert.equal(sent('login').length, before + 1)
    await page.context().close()
  })

  test('a link sets a password, with which the person then signs in', async () => {
    const yoon = newPerson('윤새로')
    const page = await open(newLink(yoon).link)
    await choose(page, 'entirely-new')
    await heading(page, '비밀번호를 설정했습니다')
    await page.getByRole('link', { name: '로그인하러 가기' }).click()
    await signIn(page, yoon, 'entirely-new')

    await heading(page, /윤새로/)
    await page.context().close()
  })

  test('the token of a link leaves the address before anything else, and the history', async () => {
    const { link, token } = newLink(newPerson('강주소'))
    const page = await open(link)
    await heading(page, '새 비밀번호 설정')
    const kept = await keptBy(page)

    assert.equal(page.url(), `${url}/reset-password`)
    assert.ok(!kept.includes(token))
    await page.goto('about:blank')
    await page.goBack()
    assert.equal(page.url(), `${url}/reset-password`)
    await page.context().close()
  })

  test('a link opens for who is signed in too, and for who then has a newer one on the same page', async () => {
    const [one, two] = [newPerson('조먼저'), newPerson('노나중')]
    const page = await open()
    await signIn(page, one, PASSWORD)
    await heading(page, /조먼저/)
    await page.goto(`${url}/reset-password#token=replaced`)
    await choose(page, 'entirely-new')
    await heading(page, '사용할 수 없는 링크입니다')
    await page.goto(newLink(two).link)
    await heading(page, '새 비밀번호 설정')
    await choose(page, 'entirely-new')

    await heading(page, '비밀번호를 설정했습니다')
    assert.equal(page.url(), `${url}/reset-password`)
    assert.equal(house.gateway.byPassword.passwords.get(two), 'entirely-new')
    await page.context().close()
  })

  test('two passwords that differ are not sent, and one that is refused is told why', async () => {
    const page = await open(newLink(newPerson('서다름')).link)
    const before = sent('password-reset').length
    await choose(page, 'entirely-new', 'entirely-old')
    await page.getByText('두 비밀번호가 서로 다릅니다.').waitFor()
    assert.equal(await page.locator('[name=again]').and(page.locator(':focus')).getAttribute('aria-invalid'), 'true')
    assert.equal(sent('password-reset').length, before)
    await choose(page, 'short')

    await alert(page, 'must have at least 8 characters')
    await page.context().close()
  })

  test('a link that was used, and a page without a link, say what to do', async () => {
    const { link } = newLink(newPerson('문한번'))
    const page = await open(link)
    await choose(page, 'entirely-new')
    await heading(page, '비밀번호를 설정했습니다')
    const other = await open(link)
    await choose(other, 'another-new')
    await heading(other, '사용할 수 없는 링크입니다')
    await other.goto(`${url}/reset-password`)

    await heading(other, '링크를 다시 열어 주세요')
    await Promise.all([page.context().close(), other.context().close()])
  })

  test('no page broke its own content policy or threw', () => {
    assert.deepEqual(house.complaints, [])
  })
})
