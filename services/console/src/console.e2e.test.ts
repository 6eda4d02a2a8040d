import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { BrowserContext, Page } from 'playwright-core'
import { heading, NO_CHROMIUM, testConsole } from './browser.fixture.ts'
import { somebody, type TestPerson } from './gateway.fixture.ts'

describe('the console in Chromium', { skip: NO_CHROMIUM }, () => {
  const admin = somebody('admin.park', { username_kr: '박관리', username_en: 'Park', role: 'ADMIN', superuser: true })
  const user = somebody('user.lee', { username_kr: '이사용', username_en: 'Lee' })
  const people: TestPerson[] = [admin, user]
  let house: Awaited<ReturnType<typeof testConsole>>
  let gateway: (typeof house)['gateway']
  let url: string

  before(async () => {
    house = await testConsole(people)
    ;({ gateway, url } = house)
  })
  after(() => house?.close())

  const waiting = (name: string): TestPerson => {
    const person = somebody(`pending.${people.length}`, { username_kr: name, username_en: name, role: 'PENDING' })
    people.push(person)
    return person
  }
  async function signIn(person: TestPerson, context?: BrowserContext): Promise<Page> {
    gateway.settings.signsIn = person
    const page = await (context ?? (await house.newContext())).newPage()
    await page.goto(url)
    await page.getByRole('link', { name: '회사 계정으로 로그인' }).click()
    await page.waitForURL(`${url}/`)
    return page
  }

  test('a person signs in by the SSO button, and the code is in no address that is kept', async () => {
    const page = await signIn(user)
    await heading(page, '이사용 님, 안녕하세요')

    assert.equal(page.url(), `${url}/`)
    assert.ok(await page.getByRole('banner').getByText('내장 실행 · embedded').isVisible())
    await page.context().close()
  })

  for (const delivery of ['code', 'token'] as const)
    test(`what came as ?${delivery}= is neither in the history nor in any storage of the browser`, async () => {
      gateway.settings.delivery = delivery
      const page = await signIn(user)
      await heading(page, /이사용/)
      gateway.settings.delivery = 'code'
      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))

      assert.doesNotMatch(kept, /eyJ|signature/)
      await page.goto('about:blank')
      await page.goBack()
      assert.equal(page.url(), `${url}/`)
      await page.context().close()
    })

  test('a reload, and another tab, are signed in by the cookie alone', async () => {
    const page = await signIn(user)
    await heading(page, /이사용/)
    await page.reload()
    await heading(page, /이사용/)
    const tab = await page.context().newPage()
    await tab.goto(url)

    await heading(tab, /이사용/)
    await page.context().close()
  })

  test('who waits goes on by themselves when an administrator approves them', async () => {
    const kim = waiting('김대기')
    const [waitingPage, adminPage] = [await signIn(kim), await signIn(admin)]
    await heading(waitingPage, '승인을 기다리고 있습니다')
    await adminPage.getByRole('link', { name: /승인 대기/ }).click()
    await adminPage.getByRole('button', { name: '김대기 님 승인' }).click()

    await adminPage.getByText('김대기 님을 승인했습니다.').waitFor()
    await adminPage.getByText('기다리는 사람이 없습니다').waitFor()
    await adminPage.getByRole('heading', { level: 1 }).and(adminPage.locator(':focus')).waitFor()
    await heading(waitingPage, '김대기 님, 안녕하세요')
    assert.ok(await waitingPage.getByText('승인되었습니다. 이제 서비스를 이용할 수 있습니다.').isVisible())
    await Promise.all([waitingPage.context().close(), adminPage.context().close()])
  })

  test('a rejection is asked for again, can be left by Escape, and is shown to who waits', async () => {
    const choi = waiting('최거절')
    const [waitingPage, adminPage] = [await signIn(choi), await signIn(admin)]
    await heading(waitingPage, '승인을 기다리고 있습니다')
    await adminPage.getByRole('link', { name: /승인 대기/ }).click()
    const button = adminPage.getByRole('button', { name: '최거절 님 거절' })
    await button.focus()
    await adminPage.keyboard.press('Enter')
    await adminPage.getByRole('button', { name: '취소' }).and(adminPage.locator(':focus')).waitFor()
    await adminPage.keyboard.press('Escape')
    await adminPage.getByRole('dialog').waitFor({ state: 'hidden' })
    assert.equal(choi.status, 'active')
    await button.and(adminPage.locator(':focus')).waitFor()
    await adminPage.keyboard.press('Enter')
    await adminPage.getByRole('dialog').getByRole('button', { name: '거절' }).click()

    await adminPage.getByText('최거절 님의 신청을 거절했습니다.').waitFor()
    await heading(waitingPage, '사용 신청이 거절되었습니다')
    await Promise.all([waitingPage.context().close(), adminPage.context().close()])
  })

  test('a request that somebody else has decided on meanwhile is said to be so', async () => {
    const han = waiting('한겹침')
    const page = await signIn(admin)
    await page.getByRole('link', { name: /승인 대기/ }).click()
    // Decided while the click is on its way: before it, the list could have taken the button away.
    await page.route('**/approve', async (route) => {
      han.role = 'USER'
      await route.continue()
    })
    await page.getByRole('button', { name: '한겹침 님 승인' }).click()

    await page.getByText('한겹침 님의 신청은 다른 관리자가 이미 처리했습니다.').waitFor()
    await page.context().close()
  })

  test('theme and language go into the profile and are there in another browser', async (t) => {
    t.after(() => Object.assign(user, { language_preference: 'ko', theme_preference: 'light' }))
    const page = await signIn(user)
    await page.getByRole('button', { name: 'English' }).click()
    await heading(page, 'Hello, Lee')
    // The page changes at once and the profile when the answer is there.
    const saved = page.waitForResponse((response) => response.request().postData()?.includes('dark') ?? false)
    await page.getByRole('button', { name: 'Switch to dark appearance' }).click()
    await saved
    await page.locator('[data-mantine-color-scheme=dark]').waitFor()
    await page.getByRole('button', { name: 'Switch to light appearance' }).waitFor()
    assert.deepEqual([user.language_preference, user.theme_preference], ['en', 'dark'])
    const other = await signIn(user)

    await heading(other, 'Hello, Lee')
    assert.equal(await other.locator('html').getAttribute('lang'), 'en')
    assert.equal(await other.locator('html').getAttribute('data-mantine-color-scheme'), 'dark')
    await Promise.all([page.context().close(), other.context().close()])
  })

  test('a sign-out ends the session and reaches the other tabs', async () => {
    const page = await signIn(user)
    await heading(page, /이사용/)
    const tab = await page.context().newPage()
    await tab.goto(url)
    await heading(tab, /이사용/)
    const sessions = gateway.sessions.size
    await page.getByRole('button', { name: '이사용' }).click()
    await page.getByRole('menuitem', { name: '로그아웃' }).click()

    await heading(page, '로그인')
    await heading(tab, '로그인')
    assert.equal(gateway.sessions.size, sessions - 1)
    await page.context().close()
  })

  test('a token that lives for seconds is renewed before it ends, once for all tabs', async (t) => {
    t.after(() => {
      gateway.settings.lifeSeconds = 900
    })
    gateway.settings.lifeSeconds = 4
    const page = await signIn(user)
    const tab = await page.context().newPage()
    await tab.goto(url)
    await heading(tab, /이사용/)
    const refreshes = () => gateway.requests.filter(({ url }) => url === '/api/auth/v1/refresh').length
    const before = refreshes()
    gateway.settings.lifeSeconds = 900
    while (refreshes() === before) await pause(20)
    for (const one of [page, tab])
      await one.waitForFunction(async () => {
        const { held = [], pending = [] } = await navigator.locks.query()
        return held.length + pending.length === 0
      })

    assert.equal(refreshes(), before + 1)
    await page.context().close()
  })

  test('an outage at the start is said and ends by itself', async (t) => {
    t.after(() => {
      gateway.settings.isDown = false
    })
    const page = await signIn(user)
    await heading(page, /이사용/)
    gateway.settings.isDown = true
    await page.reload()
    await heading(page, '서버에 연결할 수 없습니다')
    gateway.settings.isDown = false

    await heading(page, /이사용/)
    await page.context().close()
  })

  test('no page is wider than a telephone, in either language', async () => {
    waiting('남궁긴이름을가진신청자')
    const context = await house.newContext()
    const page = await context.newPage()
    await page.setViewportSize({ width: 375, height: 700 })
    const width = (property: string) => page.locator('html').evaluate((html, name) => Reflect.get(html, name), property)
    const fits = async (what: string) => assert.equal(await width('scrollWidth'), await width('clientWidth'), what)
    await page.goto(url)
    for (const other of ['English', '한국어']) {
      await page.getByRole('button', { name: other }).click()
      await fits(`sign-in before ${other}`)
    }
    await signIn(admin, context)
    for (const language of ['ko', 'en'] as const) {
      admin.language_preference = language
      for (const path of ['/', '/people/waiting', '/reset-password#token=t', '/reset-password', '/nowhere']) {
        await page.goto(url + path)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await fits(`${language} ${path}`)
      }
    }
    await context.close()
  })

  test('no page broke its own content policy or threw', () => {
    assert.deepEqual(house.complaints, [])
  })
})
