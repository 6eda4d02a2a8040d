import type { AccessRecord } from '@munjigi/contracts/access'
import type { Kysely } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { selectOtherNames } from '../access-events.ts'
import { selectPeople } from '../people/people.ts'
import { selectAllSections, selectGrants } from '../people/sections.ts'
import { selectEndedSids } from '../sessions/sessions.ts'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/token-times.ts'

/** What gateways ask of a person, in one statement: it is asked for everybody every 5 s. */
export async function findAccessRecord(
  db: Kysely<Tables>,
  platformIssuer: string,
  sub: string,
): Promise<AccessRecord | undefined> {
  const row = await selectPeople(db)
    .select((eb) => [
      jsonArrayFrom(selectOtherNames(db, platformIssuer, sub)).as('other_names'),
      eb
        .case()
        .when('people.superuser', '=', true)
        .then(jsonArrayFrom(selectAllSections(db)))
        .else(jsonArrayFrom(selectGrants(db, sub)))
        .end()
        .as('sections'),
      jsonArrayFrom(selectEndedSids(db, sub, nowSeconds())).as('ended'),
    ])
    .where('people.sub', '=', sub)
    .executeTakeFirst()
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
