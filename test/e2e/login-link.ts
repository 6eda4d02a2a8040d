import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import type { LoginLink } from '@munjigi/contracts/relay'
import { houseSecrets } from '@munjigi/embedded/secrets'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { chatsOf, newAccount, newChat } from './chats.ts'
import type { TestHouse } from './house.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run']
const PATIENCE_MS = 30_000
const skip = existsSync(CHROMIUM) ? false : `no ${CHROMIUM}: apt-get install chromium`

export const loginLink = (open: () => TestHouse) =>
  suite('a login link in Chromium', { skip }, () => {
    let house: TestHouse
    let browser: Browser

    before(async () => {
      house = open()
      browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
    })
    after(() => browser?.close())

    async function newContext(locale = 'ko-KR'): Promise<BrowserContext> {
      const context = await browser.newContext({ locale, ignoreHTTPSErrors: true })
      context.setDefaultTimeout(PATIENCE_MS)
      return context
    }

    const linkFor = (chat: string) => chatsOf(house).linkFor(chat)

    async function signIn(page: Page): Promise<void> {
      const { username, password } = await newAccount(house.provider)
      await page.locator('input[name=username]').fill(username)
      await page.locator('input[name=password]').fill(password)
      await page.locator('#kc-form-login [type=submit]').click()
    }

    const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()

    test('asks first, leads to the IdP’s own form, and ends on a page that sends the person back to the chat', async () => {
      const chat = newChat()
      const page = await (await newContext()).newPage()
      const violations: string[] = []
      page.on(
        'console',
        (message) => message.text().includes('Content Security Policy') && violations.push(message.text()),
      )
      await page.goto(await linkFor(chat))
      await heading(page, '메신저 계정이 회원님의 이름으로 행동하게 됩니다')
      await page.getByRole('button', { name: '내가 요청했습니다. 계속하기' }).click()
      await page.waitForURL(`${house.provider.issuer}/**`)
      await signIn(page)
      await heading(page, '로그인했습니다')

      assert.deepEqual(violations, [])
      assert.equal((await house.messenger.say(chat, '오늘 메뉴')).link, undefined)
      await page.context().close()
    })

    test('ends at the path that the chatbot asked for, where its clients.json allows it', async () => {
      const page = await (await newContext('en-US')).newPage()
      await page.goto(await linkTo('/docs'))
      await page.getByRole('button').click()
      await page.waitForURL(`${house.provider.issuer}/**`)
      await signIn(page)

      await page.waitForURL(`${house.addresses.gateway}/docs`)
      await page.context().close()
    })

    test('shows nothing in a frame of somebody else’s page', async (t) => {
      const link = await linkFor(newChat())
      const evil = createServer((_, response) => {
        response.setHeader('content-type', 'text/html')
        response.end(`<iframe src="${link}"></iframe>`)
      })
      await once(evil.listen(0, '127.0.0.1'), 'listening')
      t.after(() => evil.close())
      const page = await (await newContext()).newPage()
      await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}`)

      const [, frame] = page.frames()
      await frame?.waitForURL('chrome-error://**')
      assert.equal(await page.frameLocator('iframe').getByRole('button').count(), 0)
      await page.context().close()
    })

    /** As a chatbot asks the relay that wants its people somewhere afterwards. */
    async function linkTo(redirectAfter: string): Promise<string> {
      const { issueKey } = houseSecrets(house.folder)
      const body = canonicalJson({
        chatbot_user_id: newChat(),
        callback_url: `${house.servicesUrl}/api/kakao-bot/users/callback`,
        client_key: 'kakao-bot',
        redirect_after: redirectAfter,
        ts: Math.floor(Date.now() / 1000),
        nonce: randomUUID(),
      })
      const answer = await house.door.send('/api/auth-relay/issue_login_link', {
        method: 'POST',
        headers: { 'content-type': 'application/json', [X_RELAY_SIGNATURE]: signatureOf(issueKey, body) },
        body,
      })
      return ((await answer.body.json()) as LoginLink).login_link
    }
  })
