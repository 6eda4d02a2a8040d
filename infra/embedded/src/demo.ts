import { join } from 'node:path'
import { connect } from '@munjigi/db/connect'
import { startDevIdp } from '@munjigi/dev-idp/dev-idp'
import { memoryStore } from '@munjigi/store/memory'
import { developmentCertificate } from './development-certificate.ts'
import { PORT_NAMES } from './env.ts'
import { DATA_FOLDER, SERVICES_FILE } from './folders.ts'
import { openHouse } from './house.ts'
import { journey } from './journey.ts'
import { findFree } from './ports.ts'
import { REALM_FILE, SSO_CLIENT } from './realm.ts'
import { houseSecrets } from './secrets.ts'
import { shareDatabase } from './services-host.ts'

// A house of its own, in memory and on free ports, so that the journey begins where every journey begins.
const ports = await findFree(PORT_NAMES)
await using opened = new AsyncDisposableStack()
const database = opened.adopt(connect('pglite://memory'), (it) => it.close())
const store = opened.adopt(memoryStore(), (it) => it.close())
const idp = opened.adopt(await startDevIdp({ realmFile: REALM_FILE, port: ports.IDP_PORT }), (it) => it.close())
const house = opened.use(
  await openHouse({
    databases: await shareDatabase(database),
    store,
    idp: { issuer: idp.issuer, ...SSO_CLIENT },
    ports,
    servicesFile: SERVICES_FILE,
    certificate: await developmentCertificate(DATA_FOLDER),
    secrets: houseSecrets(join(DATA_FOLDER, 'demo')),
    logLevel: 'error',
  }),
)
let step = 0
for await (const { says, answer } of journey(house.door)) {
  step += 1
  process.stdout.write(`${step}. ${says}: ${answer}\n`)
}
