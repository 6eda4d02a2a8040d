import { randomUUID } from 'node:crypto'
import type { SectionGrant } from '@munjigi/contracts/access'
import { ROLES } from '@munjigi/identity/roles'
import { isPasswordHash } from '../passwords/hashing.ts'
import { passwordEmail } from '../passwords/password-email.ts'
import type { Column, Fault, Row } from './people-file.ts'

export interface ImportedPerson {
  sub: string
  user_id: string
  email: string | null
  username_kr: string
  username_en: string
  deptname_kr: string
  deptname_en: string
  role: string
  tenant_id: string
  sections: SectionGrant[]
  password: { email: string; hash: string } | undefined
}

/** What is in the database already that a line may name, or clash with. */
export interface House {
  sections: ReadonlySet<string>
  /** Ids by id and by name; undefined for a name that several tenants have. */
  tenants: ReadonlyMap<string, string | undefined>
  defaultTenantId: string
  /** In lower case. */
  loginIds: ReadonlySet<string>
  /** E-mails that somebody signs in with by password. */
  passwordEmails: ReadonlySet<string>
}

const MAX_LENGTHS: [Column, number][] = [
  ['login_id', 150],
  ['email', 254],
  ['username_kr', 150],
  ['username_en', 150],
  ['deptname_kr', 150],
  ['deptname_en', 150],
]
const SPECIAL = /[\p{C}\p{Zl}\p{Zp}]/u

/** The people of the rows that have no fault, and the faults of the others. */
export function newcomersOf(rows: Row[], house: House): { people: ImportedPerson[]; faults: Fault[] } {
  const faults: Fault[] = []
  const people: ImportedPerson[] = []
  const takenIds = new Map<string, number>()
  const takenEmails = new Map<string, number>()
  for (const row of rows) {
    const before = faults.length
    const blame = (column: Column, message: string) => void faults.push({ line: row.line, column, message })
    checkTexts(row, blame)
    checkTaken(row.login_id.toLowerCase(), { known: house.loginIds, taken: takenIds, line: row.line }, (message) =>
      blame('login_id', message),
    )
    const role = row.role || 'PENDING'
    if (!(ROLES as readonly string[]).includes(role)) blame('role', `is none of ${ROLES.join(', ')}`)
    const sections = sectionsOf(row.sections, house.sections, (message) => blame('sections', message))
    const tenant_id = tenantOf(row.tenant, house, (message) => blame('tenant', message))
    const password = passwordOf(row, blame)
    if (password)
      checkTaken(password.email, { known: house.passwordEmails, taken: takenEmails, line: row.line }, (message) =>
        blame('email', `${message}, and passwords are asked for by e-mail`),
      )
    if (faults.length > before) continue
    const { login_id, email, username_kr, username_en, deptname_kr, deptname_en } = row
    const names = { username_kr, username_en, deptname_kr, deptname_en }
    people.push({
      ...names,
      sub: randomUUID(),
      user_id: login_id,
      email: email || null,
      role,
      tenant_id,
      sections,
      password,
    })
  }
  return { people, faults }
}

type Blame = (message: string) => void

function checkTexts(row: Row, blame: (column: Column, message: string) => void): void {
  if (row.login_id === '') blame('login_id', 'is missing')
  if (row.email !== '' && passwordEmail(row.email) === undefined) blame('email', 'is no e-mail address')
  for (const [column, most] of MAX_LENGTHS) {
    if (row[column].length > most) blame(column, `is longer than ${most} characters`)
    if (SPECIAL.test(row[column])) blame(column, 'has a line break or another character that cannot be seen')
  }
}

interface Taken {
  known: ReadonlySet<string>
  taken: Map<string, number>
  line: number
}

function checkTaken(value: string, { known, taken, line }: Taken, blame: Blame): void {
  const earlier = taken.get(value)
  if (value === '') return
  if (known.has(value)) blame('belongs to somebody already')
  if (earlier === undefined) taken.set(value, line)
  else blame(`stands in line ${earlier} too`)
}

function sectionsOf(text: string, known: ReadonlySet<string>, blame: Blame): SectionGrant[] {
  const items = text
    .split(';')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  const grants = new Map<string, SectionGrant>()
  for (const item of items) {
    const [id = '', level = 'user', ...more] = item.split(':')
    if (more.length > 0 || (level !== 'user' && level !== 'admin')) blame(`"${item}" is not id, id:user or id:admin`)
    else if (!known.has(id)) blame(`"${id}" is no section`)
    else if (grants.has(id)) blame(`"${id}" stands twice`)
    else grants.set(id, { id, level })
  }
  return [...grants.values()]
}

function tenantOf(text: string, { tenants, defaultTenantId }: House, blame: Blame): string {
  if (text === '') {
    if (!tenants.has(defaultTenantId)) blame(`is not given, and ${defaultTenantId} is no tenant`)
    return defaultTenantId
  }
  const id = tenants.get(text) ?? tenants.get(text.toLowerCase())
  if (id === undefined)
    blame(tenants.has(text) ? `"${text}" are several tenants: name one by its id` : `"${text}" is no tenant`)
  return id ?? ''
}

function passwordOf(row: Row, blame: (column: Column, message: string) => void): ImportedPerson['password'] {
  if (row.password_hash === '') return undefined
  const email = passwordEmail(row.email)
  if (!isPasswordHash(row.password_hash))
    blame('password_hash', 'is neither bcrypt of a cost from 4 to 14 nor argon2id with m=19456,t=2,p=1')
  if (email === undefined) blame('email', 'is needed where a password is')
  return email === undefined ? undefined : { email, hash: row.password_hash }
}
