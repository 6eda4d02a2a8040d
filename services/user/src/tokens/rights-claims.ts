import { MAX_CASE_ROLES_IN_TOKEN } from '@munjigi/contracts/case-roles'
import type { PlatformClaims } from '@munjigi/contracts/tokens'
import { permissionsOf } from '@munjigi/identity/roles'
import type { Kysely } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { compiledOnce } from '../compiled-once.ts'
import type { Tables } from '../tables.ts'

export type RightsClaims = Pick<PlatformClaims, 'tenant_id' | 'role' | 'permissions' | 'case_roles' | 'case_roles_ref'>

const selectRights = compiledOnce((db, { sub }: { sub: string }) =>
  db
    .selectFrom('people')
    .select((eb) => [
      'tenant_id',
      'role',
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
    .where('sub', '=', sub),
)

/** What a token says of its person's rights: those of now, in their own tenant. */
export async function rightsClaims(db: Kysely<Tables>, sub: string): Promise<RightsClaims> {
  const [row] = await selectRights(db, { sub })
  if (row === undefined) throw new Error('a token for nobody')
  const { granted, ...person } = row
  const isWhole = granted.length <= MAX_CASE_ROLES_IN_TOKEN
  return {
    ...person,
    permissions: [...permissionsOf(person.role)],
    case_roles: isWhole ? Object.fromEntries(granted.map(({ case_id, role }) => [case_id, role])) : {},
    ...(!isWhole && { case_roles_ref: true }),
  }
}
