import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect } from '@munjigi/db/connect'
import { developmentCertificate } from '@munjigi/embedded/development-certificate'
import { addressesOf, PORT_NAMES, servicesUrl } from '@munjigi/embedded/env'
import { findFree } from '@munjigi/embedded/ports'
import { writeRelayClients } from '@munjigi/embedded/relay-clients'
import { houseSecrets } from '@munjigi/embedded/secrets'
import { buildServicesHost, PLANS, shareDatabase } from '@munjigi/embedded/services-host'
import { servicesVariables } from '@munjigi/embedded/services-variables'
import { memoryStore } from '@munjigi/store/memory'
import { sql } from 'kysely'

/** Nobody is asked before somebody signs in. */
const IDP = {
  issuer: 'http://127.0.0.1:1/realms/munjigi',
  clients: { sso: { id: 'sso', secret: 'sso' }, 'kakao-bot': { id: 'kakao-bot', secret: 'bot' } },
}

const folder = mkdtempSync(join(tmpdir(), 'munjigi-roles-'))
const [database, store] = [connect('pglite://memory'), memoryStore()]
after(async () => {
  await Promise.all([database.close(), store.close()])
  rmSync(folder, { recursive: true })
})
const databases = await shareDatabase(database)
const ports = await findFree(PORT_NAMES)
const secrets = houseSecrets(folder)
const url = servicesUrl(ports)
const variables = servicesVariables({
  idp: IDP,
  certificate: await developmentCertificate(folder),
  addresses: addressesOf(ports),
  url,
  secrets,
})
const { issuer } = IDP
const clientsFile = writeRelayClients(folder, { issuer, clientId: 'kakao-bot', issueSecret: secrets.issueKey, url })

/** Begins all services in one process, and ends them. @throws what keeps one of them from the start */
async function begin() {
  const parts = { databases, store, url, variables, clientsFile, issuers: [], caseKey: secrets.caseKey }
  const { app } = buildServicesHost({ ...parts, logLevel: 'silent' })
  try {
    await app.ready()
  } finally {
    await app.close()
  }
}

const asOwner = (statement: string) => sql.raw(statement).execute(database.as('postgres'))

test('all services begin under roles that own nothing', begin)

for (const [service, { schema, servingRole }] of Object.entries(PLANS))
  test(`${service} does not begin under a role that owns a table`, async (t) => {
    await asOwner(`create table "${schema}".owned ()`)
    await asOwner(`alter table "${schema}".owned owner to ${servingRole}`)
    t.after(() => asOwner(`drop table "${schema}".owned`))
    await assert.rejects(begin, { message: `the serving role has too many rights: role ${servingRole} owns tables` })
  })
