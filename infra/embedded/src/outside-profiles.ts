import type { PresetUse } from '@munjigi/contracts/auth-profile-presets'
import type { AuthProfile } from '@munjigi/contracts/auth-profiles'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import type { FrontDoor } from './front-door.ts'

const STATION = '/api/session-station/v1'
const { username, password } = CREDENTIALS

/** Two ways of logging in: tokens that are renewed, and a form bound to its page by a hidden value. */
const DEMOS: (Omit<PresetUse, 'base_url'> & { preset: string; path: string })[] = [
  { preset: 'bearer-json', service_id: 'demo-bearer', path: '/bearer' },
  { preset: 'form-csrf', service_id: 'demo-form', path: '/form', settings: { session_cookie: 'form_session' } },
]

/** Makes them for somebody who has none yet, or whose house has moved its outside service. */
export async function makeDemoProfiles(door: FrontDoor, token: string, outside: string): Promise<void> {
  const kept = await door.call<AuthProfile[]>('GET', `${STATION}/auth-profiles`, token)
  for (const { preset, path, ...demo } of DEMOS) {
    const known = kept.find(({ service_id }) => service_id === demo.service_id)
    if (known?.allowed_origins.includes(outside)) continue
    if (known !== undefined) await door.call('DELETE', `${STATION}/auth-profiles/${demo.service_id}`, token)
    const use: PresetUse = { ...demo, base_url: outside + path, slots: { username, password } }
    await door.call('POST', `${STATION}/auth-profile-presets/${preset}`, token, use)
  }
}
