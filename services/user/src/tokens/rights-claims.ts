import { MAX_CASE_ROLES_IN_TOKEN } from '@munjigi/contracts/case-roles'
import type { PlatformClaims } from '@munjigi/contracts/tokens'
import { permissionsOf } from '@munjigi/identity/roles'
import type { Kysely, QueryCreator } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { compiledLast, compiledOnce } from '../compiled-once.ts'
import { lockPerson } from '../people/person-rows.ts'
import type { Tables } from '../tables.ts'

export type RightsClaims = Pick<
  PlatformClaims,
  'tenant_id' | 'role' | 'permissions' | 'case_roles' | 'case_roles_ref' | 'realm_access' | 'resource_access'
>

/** Selects what a person's rights are made of, by itself or at the end of a statement that does more. */
export const selectRights = (query: QueryCreator<Tables>, sub: string) =>
  query
    .selectFrom('people')
    .select((eb) => [
      'tenant_id',
      'role',
      'realm_access',
      'resource_access',
      jsonArrayFrom(
        eb
          .selectFrom('case_roles')
          .select(['case_id', 'case_roles.role'])
          .whereRef('case_roles.person_sub', '=', 'people.sub')
          .whereRef('case_roles.tenant_id', '=', 'people.tenant_id')
          .orderBy('case_id')
          .limit(MAX_CASE_ROLES_IN_TOKEN + 1),
      ).as('granted'),
    ])
    .where('sub', '=', sub)

const selectRightsOnce = compiledOnce((db, { sub }: { sub: string }) => selectRights(db, sub))

/** What a token says of its person's rights: the current ones, in their own tenant. */
export async function rightsClaims(db: Kysely<Tables>, sub: string): Promise<RightsClaims> {
  return rightsOf((await selectRightsOnce(db, { sub }))[0])
}

const selectRightsLast = compiledLast((trx, { sub }: { sub: string }) => selectRights(trx, sub))

/**
 * The same, read when no change is under way: one that is dated before this second, and commits after the reading, would never
 * outdate the token.
 */
export function settledRights(db: Kysely<Tables>, sub: string): Promise<RightsClaims> {
  return db.transaction().execute(async (trx) => {
    await lockPerson(trx, sub)
    return rightsOf((await selectRightsLast(trx, { sub }))[0])
  })
}

/**
 * The rights for a token of `iat`; undefined where they were read in an earlier second, as a change between the two would be dated
 * before `iat` and so not outdate the token. `readAt` is taken before the reading, whose answer may come late.
 */
export const unlessEarly = (iat: number, readAt: number, rights: RightsClaims): RightsClaims | undefined =>
  iat > readAt ? undefined : rights

/** @throws Error where there is no such person */
export function rightsOf(row: Awaited<ReturnType<typeof selectRightsOnce>>[number] | undefined): RightsClaims {
  if (row === undefined) throw new Error('a token for nobody')
  const { tenant_id, role, realm_access, resource_access, granted } = row
  const isWhole = granted.length <= MAX_CASE_ROLES_IN_TOKEN
  return {
    tenant_id,
    role,
    permissions: [...permissionsOf(role)],
    case_roles: isWhole ? Object.fromEntries(granted.map(({ case_id, role }) => [case_id, role])) : {},
    ...(!isWhole && { case_roles_ref: true }),
    ...(realm_access !== null && { realm_access }),
    ...(resource_access !== null && { resource_access }),
  }
}
