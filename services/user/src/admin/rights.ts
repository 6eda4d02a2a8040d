import type { SectionGrant } from '@munjigi/contracts/access'
import { permissionsOf } from '@munjigi/identity/roles'

/** What a person may do, as it stands in the database now. */
export interface Rights {
  sub: string
  tenant_id: string
  role: string
  superuser: boolean
  /** Their own sections and their groups'. */
  sections: SectionGrant[]
}

export const ADMIN_PAGE: SectionGrant = { id: 'admin-page', level: 'admin' }

/** Level admin includes user; a superuser holds every section. */
export const holdsGrant = (rights: Rights, { id, level }: SectionGrant): boolean =>
  rights.superuser || rights.sections.some((own) => own.id === id && (own.level === 'admin' || level === 'user'))

/** ADMIN stands above the roles of source 003, although `admin` has the same permissions. */
export function holdsRole(rights: Rights, role: string): boolean {
  if (rights.superuser) return true
  if (role === 'ADMIN') return rights.role === 'ADMIN'
  const own = new Set(permissionsOf(rights.role))
  return permissionsOf(role).every((permission) => own.has(permission))
}

/** Nobody acts on a person who is superuser, has a stronger role, or administers a section that they do not. */
export const mayActOn = (actor: Rights, target: Rights): boolean =>
  actor.superuser ||
  (!target.superuser &&
    holdsRole(actor, target.role) &&
    target.sections.every((grant) => grant.level === 'user' || holdsGrant(actor, grant)))

/** The grants that only one of the two lists has, each at the level that is given or taken. */
export function changedGrants(before: SectionGrant[], after: SectionGrant[]): SectionGrant[] {
  const isIn = (list: SectionGrant[], { id, level }: SectionGrant) =>
    list.some((other) => other.id === id && other.level === level)
  return [...before.filter((grant) => !isIn(after, grant)), ...after.filter((grant) => !isIn(before, grant))]
}
