import type { PresetUse } from '@munjigi/contracts/auth-profile-presets'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import type { DevTarget } from '@munjigi/dev-target/dev-target'
import type { Kind } from '@munjigi/dev-target/kind'
import { request } from 'undici'
import type { FrontDoor } from './front-door.ts'
import type { Step } from './journey.ts'
import { DEVELOPMENT_PASSWORD } from './realm.ts'
import { approve, grantProfiles } from './seed.ts'

const STATION = '/api/session-station/v1'
const OWNER = 'user.lee'
const { username, password, clientId: client_id, clientSecret: client_secret } = CREDENTIALS

type Use = { preset: string; kind: Kind } & Pick<PresetUse, 'slots' | 'settings'>
const FOUR_KINDS: Use[] = [
  { preset: 'bearer-json', kind: 'bearer', slots: { username, password } },
  { preset: 'cookie-session', kind: 'cookie', slots: { username, password } },
  { preset: 'form-csrf', kind: 'form', slots: { username, password }, settings: { session_cookie: 'form_session' } },
  { preset: 'oauth2-client-credentials', kind: 'oauth', slots: { client_id, client_secret } },
]

interface Read {
  user: string
  items: object[]
}

/**
 * A person says once how to log in at an outside service, and their agent, with nothing but its own token, reads there:
 * through the proxy, and by the headers it asks for.
 * @throws where any step is answered otherwise than it must be.
 */
export async function* agentJourney(door: FrontDoor, outside: DevTarget): AsyncGenerator<Step> {
  const token = await ownerToken(door)
  for (const { preset, kind, ...use } of FOUR_KINDS) {
    const profile = { ...use, service_id: kind, base_url: `${outside.url}/${kind}` }
    await door.call('POST', `${STATION}/auth-profile-presets/${preset}`, token, profile)
  }
  const names = FOUR_KINDS.map(({ preset }) => preset).join(', ')
  yield { says: `${OWNER} says how to log in at four outside services`, answer: names }

  for (const { kind } of FOUR_KINDS) {
    const proxied = await door.call<Read>('GET', `${STATION}/proxy/${kind}/${kind}/data`, token)
    const headers = await door.call<Record<string, string>>('GET', `${STATION}/auth-context/${kind}/headers`, token)
    const direct = await request(`${outside.url}/${kind}/data`, { headers })
    const read = (await direct.body.json()) as Read
    const logins = outside.logins()[kind]
    if (read.user !== proxied.user || logins !== 1)
      throw new Error(`${kind}: ${JSON.stringify(read)}, ${logins} logins`)
    const given = Object.entries(headers).map(([name, value]) => `${name}: ${value.slice(0, 12)}…`)
    const answer = `${read.items.length} items as ${read.user}, both ways; ${given}; 1 login`
    yield { says: `${OWNER}'s agent reads ${kind} through the proxy, and by headers it asks for`, answer }
  }

  outside.forget()
  const reads = FOUR_KINDS.map(({ kind }) => door.call<Read>('GET', `${STATION}/proxy/${kind}/${kind}/data`, token))
  const answered = await Promise.all(reads)
  yield {
    says: 'the outside services forget everybody, and the agent notices nothing',
    answer: `${answered.length} reads`,
  }
}

async function ownerToken(door: FrontDoor): Promise<string> {
  const administrator = await door.signIn('admin.park', DEVELOPMENT_PASSWORD)
  await door.signIn(OWNER, DEVELOPMENT_PASSWORD)
  await approve(door, administrator, OWNER)
  await grantProfiles(door, administrator, OWNER)
  return door.signIn(OWNER, DEVELOPMENT_PASSWORD)
}
