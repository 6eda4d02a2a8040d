import type { MadeApiKey } from '@munjigi/contracts/api-keys'
import type { Case, CasePage } from '@munjigi/contracts/cases'
import type { Me } from '@munjigi/contracts/people'
import type { Database } from '@munjigi/db/connect'
import { type FrontDoor, Refusal } from './front-door.ts'
import { refusalOf, type Step } from './journey.ts'
import { DEVELOPMENT_PASSWORD } from './realm.ts'
import { seedTenants, subOf } from './tenants-seed.ts'

const CASES = '/api/case/v1/cases'
const KEYS = '/api/auth/v1/keys'
const MANAGER = 'manager@munjigi.test'
const VIEWER = 'viewer@munjigi.test'
const OUTSIDER = 'manager@other.test'

/**
 * What people of several roles and two tenants may: by password, in a case, by an API key.
 * @throws where any step is answered otherwise than it must be.
 */
export async function* rightsJourney(door: FrontDoor, user: Database): AsyncGenerator<Step> {
  const administrator = await door.signIn('admin.park', DEVELOPMENT_PASSWORD)
  await seedTenants(door, administrator, user)
  const logIn = (email: string) => door.logIn(email, DEVELOPMENT_PASSWORD)
  const manager = await logIn(MANAGER)
  const me = await door.call<Me>('GET', '/api/auth/v1/me', manager)
  yield { says: `${MANAGER} signs in by password`, answer: `${me.username_kr}, role ${me.role}` }

  const { case_id, title, own_role } = await door.call<Case>('POST', CASES, manager, { title: '여정 사건' })
  yield { says: `${MANAGER} opens a case`, answer: `${title}, and is its ${own_role}` }

  const viewer = await logIn(VIEWER)
  const stranger = await refusalOf(door.call('GET', `${CASES}/${case_id}`, viewer))
  yield { says: `${VIEWER} looks at it`, answer: stranger }

  const sub = await subOf(door, administrator, VIEWER)
  await door.call('PUT', `${CASES}/${case_id}/members/${sub}`, manager, { role: 'viewer' })
  const seen = await door.call<Case>('GET', `${CASES}/${case_id}`, viewer)
  yield { says: `${MANAGER} lets them see it, and ${VIEWER} asks again with the same token`, answer: seen.title }

  const written = await refusalOf(door.call('PATCH', `${CASES}/${case_id}`, viewer, { title: '다른 이름' }))
  yield { says: `${VIEWER} tries to rename it`, answer: written }

  const absent = await refusalOf(door.call('GET', `${CASES}/${case_id}`, await logIn(OUTSIDER)))
  yield { says: `${OUTSIDER}, of another tenant, looks for it`, answer: absent }

  const body = { name: 'demo', scopes: ['case'] }
  const { api_key, key_id } = await door.call<MadeApiKey>('POST', KEYS, manager, body)
  const { cases } = await door.call<CasePage>('GET', CASES, api_key)
  const elsewhere = await refusalOf(door.call('GET', '/api/trace/v1/traces', api_key))
  yield {
    says: `a program with an API key of ${MANAGER} lists cases`,
    answer: `${cases.length}; elsewhere ${elsewhere}`,
  }

  await door.call('DELETE', `${KEYS}/${key_id}`, manager)
  yield { says: `${MANAGER} revokes the key, and the program asks again`, answer: await untilRefused(door, api_key) }
}

/** Gateways are told by message, which is there in a moment. */
async function untilRefused(door: FrontDoor, api_key: string): Promise<string> {
  for (;;)
    try {
      await door.call('GET', CASES, api_key)
    } catch (error) {
      if (error instanceof Refusal) return `${error.status} ${error.type}`
      throw error
    }
}
