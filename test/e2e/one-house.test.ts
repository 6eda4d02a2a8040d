import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite } from 'node:test'
import { SERVICES_FILE } from '@munjigi/embedded/folders'
import { caseRights } from './case-rights.ts'
import { docsPage } from './docs-page.ts'
import { type TestHouse, testHouse } from './house.ts'
import { journey } from './journey.ts'
import { loginLink } from './login-link.ts'
import { passwords } from './passwords.ts'
import { rights } from './rights.ts'
import { serviceAccount } from './service-account.ts'
import { suspendedTenant } from './suspended-tenant.ts'

suite('the house that `npm start` opens', () => {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-one-house-'))
  const servicesFile = join(folder, 'services.yaml')
  let house: TestHouse
  const open = () => house

  before(async () => {
    writeFileSync(servicesFile, readFileSync(SERVICES_FILE))
    house = await testHouse({ servicesFile })
  })
  after(async () => {
    await house?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  journey(open)
  passwords(open)
  rights(open, servicesFile)
  caseRights(open)
  suspendedTenant(open)
  serviceAccount(open)
  loginLink(open)
  docsPage(open)
})
