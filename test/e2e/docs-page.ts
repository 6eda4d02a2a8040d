import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { TestHouse } from './house.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run']
const PATIENCE_MS = 30_000
const skip = existsSync(CHROMIUM) ? false : `no ${CHROMIUM}: apt-get install chromium`

const NEEDS = {
  'POST /api/auth/v1/login': 'Needs no token.',
  'GET /api/auth/v1/me': 'Needs a token.',
  'GET /api/auth/v1/keys': 'Needs a token; a login of one’s own, no API key.',
  'GET /api/meal/v1/menus': 'Needs no token, though one that comes counts.',
  'POST /api/case/v1/cases': 'Needs a token; permission case:create.',
  'PATCH /api/case/v1/cases/{case_id}': 'Needs a token; permission case:write; in the case the role trustee.',
  'POST /api/case/v1/cases/{case_id}/approvals/{approval_id}/decision':
    'Needs a token; permission case:read and in the case the role reviewer, or permission process:approve and in the case the role trustee or reviewer or viewer.',
  'GET /api/admin/v1/people': 'Needs a token; section admin-page at level admin.',
  'GET /api/admin/v1/notices': 'Needs a token; section admin-page at level admin; to be a superuser.',
}

export const docsPage = (open: () => TestHouse) =>
  suite('the page of all APIs in Chromium', { skip }, () => {
    let browser: Browser
    let page: Page

    before(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
      page = await browser.newPage({ ignoreHTTPSErrors: true })
      page.setDefaultTimeout(PATIENCE_MS)
      await page.goto(`${open().addresses.gateway}/docs`)
      await page.locator('#trace details').first().waitFor()
    })
    after(() => browser?.close())

    test('says of a route what it needs', async () => {
      const names = await page.locator('summary code').allTextContents()
      const needs = await page.locator('details .needs').allTextContents()
      const told = new Map(needs.map((need, index) => [`${names[2 * index]} ${names[2 * index + 1]}`, need]))

      for (const [route, need] of Object.entries(NEEDS)) assert.equal(told.get(route), need, route)
    })
  })
