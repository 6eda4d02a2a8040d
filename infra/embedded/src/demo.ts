import { join } from 'node:path'
import { connect } from '@munjigi/db/connect'
import { startDevIdp } from '@munjigi/dev-idp/dev-idp'
import { memoryStore } from '@munjigi/store/memory'
import { agentJourney } from './agent-journey.ts'
import { chatbotJourney } from './chatbot-journey.ts'
import { developmentCertificate } from './development-certificate.ts'
import { PORT_NAMES } from './env.ts'
import { DATA_FOLDER, SERVICES_FILE } from './folders.ts'
import { openHouse } from './house.ts'
import { DISHES, journey } from './journey.ts'
import { findFree } from './ports.ts'
import { CLIENTS, DEVELOPMENT_PASSWORD, REALM_FILE, realmVariables } from './realm.ts'
import { rightsJourney } from './rights-journey.ts'
import { houseSecrets } from './secrets.ts'
import { shareDatabase } from './services-host.ts'

// A house of its own, in memory and on free ports, so that the journeys begin where every journey begins.
const folder = join(DATA_FOLDER, 'demo')
const ports = await findFree(PORT_NAMES)
let aheadMs = 0
await using opened = new AsyncDisposableStack()
const database = opened.adopt(connect('pglite://memory'), (it) => it.close())
const store = opened.adopt(memoryStore(), (it) => it.close())
const startIdp = startDevIdp({ realmFile: REALM_FILE, port: ports.IDP_PORT, variables: realmVariables(ports) })
const idp = opened.adopt(await startIdp, (it) => it.close())
const databases = await shareDatabase(database)
const house = opened.use(
  await openHouse({
    databases,
    store,
    idp: { issuer: idp.issuer, clients: CLIENTS },
    ports,
    servicesFile: SERVICES_FILE,
    certificate: await developmentCertificate(DATA_FOLDER),
    folder,
    now: () => Date.now() + aheadMs,
    logLevel: 'error',
  }),
)

async function* wholeJourney() {
  yield* journey(house.door)
  yield* chatbotJourney({
    door: house.door,
    gateway: house.addresses.gateway,
    messenger: house.messenger,
    database: databases.chatbot,
    secrets: houseSecrets(folder),
    person: { username: 'pending.kim', password: DEVELOPMENT_PASSWORD, chat: 'kakao-kim' },
    dish: DISHES[0],
    advance(ms) {
      aheadMs += ms
    },
    endOfflineSessions: idp.endOfflineSessions,
  })
  yield* agentJourney(house.door, house.outside)
  yield* rightsJourney(house.door, databases.user)
}

let step = 0
for await (const { says, answer } of wholeJourney()) {
  step += 1
  process.stdout.write(`${step}. ${says}: ${answer}\n`)
}
