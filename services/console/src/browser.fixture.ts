import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { buildApp } from './app.ts'
import { type TestPerson, testGateway } from './gateway.fixture.ts'

const CHROMIUM = '/usr/bin/chromium'
/** Why there is nothing to look with, if so. */
export const NO_CHROMIUM = existsSync(CHROMIUM) ? false : `no ${CHROMIUM}: apt-get install chromium`
const PATIENCE_MS = 30_000
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run']

/** The console before a played gateway, and a Chromium to look at it with; `complaints` is what its pages said on their own. */
export async function testConsole(people: TestPerson[]) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  const gateway = await testGateway(people)
  const platformIssuer = gateway.url.replace('127.0.0.1', 'localhost')
  const app = buildApp({ gatewayUrl: gateway.url, platformIssuer, logLevel: 'silent', mode: 'embedded' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://localhost:${(app.server.address() as AddressInfo).port}`
  gateway.settings.frontend = url
  const complaints: string[] = []

  async function newContext(): Promise<BrowserContext> {
    const context = await browser.newContext({ locale: 'ko-KR', viewport: { width: 1280, height: 800 } })
    context.setDefaultTimeout(PATIENCE_MS)
    // Chromium reports every 4xx as an error of the page; those are answers.
    context.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text())
    })
    context.on('weberror', (error) => complaints.push(String(error.error())))
    return context
  }
  async function close(): Promise<void> {
    await browser.close()
    await app.close()
    await gateway.close()
  }
  return { gateway, url, complaints, newContext, close }
}

export const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()
