import type { AccessRecord } from '@munjigi/contracts/access'
import type { Kysely } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { selectOtherNames } from '../access-events.ts'
import { compiledOnce } from '../compiled-once.ts'
import { joinTenants } from '../people/person-rows.ts'
import { selectAllSections, selectGrants } from '../people/sections.ts'
import { type LiveSince, liveSince, selectEndedSids } from '../sessions/sessions.ts'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/token-times.ts'

interface Asked extends LiveSince {
  issuer: string
  sub: string
}

const selectRecord = compiledOnce((db, { issuer, sub, endsSince, usedSince }: Asked) =>
  joinTenants(db)
    .select((eb) => [
      'people.status',
      'role',
      'superuser',
      'tenant_id',
      'tenants.status as tenant_status',
      'valid_from',
      'rights_changed_at',
      jsonArrayFrom(selectOtherNames(db, issuer, sub)).as('other_names'),
      eb
        .case()
        .when('people.superuser', '=', true)
        .then(jsonArrayFrom(selectAllSections(db)))
        .else(jsonArrayFrom(selectGrants(db, sub)))
        .end()
        .as('sections'),
      jsonArrayFrom(selectEndedSids(db, sub, { endsSince, usedSince })).as('ended'),
    ])
    .where('people.sub', '=', sub),
)

/** What gateways ask of a person, in one statement: it is asked for everybody every 5 s. */
export async function findAccessRecord(
  db: Kysely<Tables>,
  platformIssuer: string,
  sub: string,
): Promise<AccessRecord | undefined> {
  const [row] = await selectRecord(db, { issuer: platformIssuer, sub, ...liveSince(nowSeconds()) })
  if (row === undefined) return undefined
  const { status, role, superuser, sections, valid_from, rights_changed_at } = row
  return {
    sub,
    names: [{ issuer: platformIssuer, sub }, ...row.other_names],
    status,
    role,
    superuser,
    tenant: { id: row.tenant_id, status: row.tenant_status },
    sections,
    valid_from,
    rights_changed_at,
    ended_sids: row.ended.map(({ sid }) => sid),
  }
}
