import type { AuditPage } from '@munjigi/contracts/audit'
import type { CasePage, NewCase } from '@munjigi/contracts/cases'
import type { PeoplePage } from '@munjigi/contracts/people'
import type { Tenant, TenantPage } from '@munjigi/contracts/tenants'
import type { Database } from '@munjigi/db/connect'
import { SYSTEM_ROLES } from '@munjigi/identity/roles'
import { importPeople } from '@munjigi/user/import/import-people'
import { hashPassword } from '@munjigi/user/passwords/hashing'
import { servingHandle } from '@munjigi/user/serving-handle'
import type { Static } from 'typebox'
import type { FrontDoor } from './front-door.ts'
import { DEVELOPMENT_PASSWORD } from './realm.ts'
import { unlessChanged } from './unless-changed.ts'

const COLUMNS = 'login_id,email,username_kr,role,sections,tenant,password_hash'
const NAMES: Record<(typeof SYSTEM_ROLES)[number], string> = {
  admin: '한관리',
  manager: '강매니저',
  attorney: '서변호',
  analyst: '오분석',
  engineer: '신기술',
  staff: '권담당',
  viewer: '황열람',
}
const DEMO_MANAGER = 'manager@munjigi.test'
const OTHER_MANAGER = 'manager@other.test'
const CASES: Record<string, NewCase[]> = {
  [DEMO_MANAGER]: [
    { title: '2026회합1001 회생', description: '채권 신고를 기다립니다.' },
    { title: '2026하단2002 파산' },
  ],
  [OTHER_MANAGER]: [{ title: '다른 테넌트의 사건' }],
}
/** Who is what in the first case of tenant `demo`, beside the manager, its trustee. */
const CASE_ROLES = {
  'attorney@munjigi.test': 'trustee',
  'analyst@munjigi.test': 'reviewer',
  'viewer@munjigi.test': 'viewer',
}

/**
 * People who sign in by e-mail and password: one of each role in tenant `demo`, a manager in `other`, with cases in both.
 * What a visitor has changed since stays so.
 */
export async function seedTenants(door: FrontDoor, administrator: string, user: Database): Promise<void> {
  if ((await subOf(door, administrator, DEMO_MANAGER)) === undefined) {
    const demo = await requireTenant(door, administrator, 'demo')
    await importEverybody(user, demo, await requireTenant(door, administrator, 'other'))
  }
  for (const [email, cases] of Object.entries(CASES))
    await unlessChanged(() => openCases(door, administrator, email, cases))
  await unlessChanged(() => shareFirstCase(door, administrator))
}

async function requireTenant(door: FrontDoor, administrator: string, name: string): Promise<Tenant> {
  const { tenants } = await door.call<TenantPage>('GET', '/api/admin/v1/tenants?limit=200', administrator)
  const known = tenants.find((tenant) => tenant.name === name)
  return known ?? door.call<Tenant>('POST', '/api/admin/v1/tenants', administrator, { name })
}

async function importEverybody(user: Database, demo: Tenant, other: Tenant): Promise<void> {
  const hash = await hashPassword(DEVELOPMENT_PASSWORD)
  const line = (email: string, name: string, role: string, tenant: Tenant, sections = '') =>
    [email, email, name, role, sections, tenant.id, `"${hash}"`].join()
  const lines = [
    COLUMNS,
    ...SYSTEM_ROLES.map((role) =>
      line(`${role}@munjigi.test`, NAMES[role], role, demo, role === 'admin' ? 'admin-page:admin' : ''),
    ),
    line(OTHER_MANAGER, '남매니저', 'manager', other),
  ]
  const tenant = { id: demo.id, isDefault: false }
  const { faults } = await importPeople(servingHandle(user), Buffer.from(lines.join('\n')), { tenant, isDryRun: false })
  if (faults.length > 0) throw new Error(`people were not seeded: ${JSON.stringify(faults)}`)
}

async function openCases(door: FrontDoor, administrator: string, email: string, cases: NewCase[]): Promise<void> {
  if (await hadCaseRole(door, administrator, email)) return
  const manager = await door.logIn(email, DEVELOPMENT_PASSWORD)
  for (const body of cases) await door.call('POST', '/api/case/v1/cases', manager, body)
}

async function shareFirstCase(door: FrontDoor, administrator: string): Promise<void> {
  for (const [email, role] of Object.entries(CASE_ROLES)) {
    if (await hadCaseRole(door, administrator, email)) continue
    const manager = await door.logIn(DEMO_MANAGER, DEVELOPMENT_PASSWORD)
    const { cases } = await door.call<CasePage>('GET', '/api/case/v1/cases', manager)
    const sub = await subOf(door, administrator, email)
    await door.call('PUT', `/api/case/v1/cases/${cases.at(-1)?.case_id}/members/${sub}`, manager, { role })
  }
}

/** Whoever ever had one was seeded, whatever a visitor has deleted or withdrawn since. */
async function hadCaseRole(door: FrontDoor, administrator: string, email: string): Promise<boolean> {
  const sub = await subOf(door, administrator, email)
  const path = `/api/admin/v1/audit-events?target=${sub}&action=case-role.granted&limit=1`
  const { events } = await door.call<Static<typeof AuditPage>>('GET', path, administrator)
  return events.length > 0
}

export async function subOf(door: FrontDoor, administrator: string, loginId: string): Promise<string | undefined> {
  const path = `/api/admin/v1/people?search=${encodeURIComponent(loginId)}`
  const { people } = await door.call<PeoplePage>('GET', path, administrator)
  return people.find(({ user_id }) => user_id === loginId)?.sub
}
