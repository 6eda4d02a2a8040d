import type { AccessRecord } from '@munjigi/contracts/access'
import type { Kysely } from 'kysely'
import { jsonArrayFrom, jsonBuildObject } from 'kysely/helpers/postgres'
import { selectOtherNames } from '../access-events.ts'
import { compiledOnce } from '../compiled-once.ts'
import { selectAllSections, selectGrants } from '../people/sections.ts'
import { type LiveSince, liveSince, selectEndedSids } from '../sessions/sessions.ts'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/token-times.ts'

interface Asked extends LiveSince {
  issuer: string
  sub: string
}

/** A single JSON value: reading a row of ten columns costs as much as all the rest of the answer. */
const selectRecord = compiledOnce((db, { issuer, sub, endsSince, usedSince }: Asked) =>
  db
    .selectFrom('people')
    .innerJoin('tenants', 'tenants.id', 'people.tenant_id')
    .select((eb) => {
      const sections = eb
        .case()
        .when('people.superuser', '=', true)
        .then(jsonArrayFrom(selectAllSections(db)))
        .else(jsonArrayFrom(selectGrants(db, sub)))
        .end()
      return jsonBuildObject({
        status: eb.ref('people.status'),
        role: eb.ref('role'),
        superuser: eb.ref('superuser'),
        tenant: jsonBuildObject({ id: eb.ref('tenant_id'), status: eb.ref('tenants.status') }),
        valid_from: eb.ref('valid_from'),
        rights_changed_at: eb.ref('rights_changed_at'),
        other_names: jsonArrayFrom(selectOtherNames(db, issuer, sub)),
        sections,
        ended: jsonArrayFrom(selectEndedSids(db, sub, { endsSince, usedSince })),
      }).as('record')
    })
    .where('people.sub', '=', sub),
)

/** A person's access record, by one statement: gateways ask for everybody's every 5 s. */
export async function findAccessRecord(
  db: Kysely<Tables>,
  platformIssuer: string,
  sub: string,
): Promise<AccessRecord | undefined> {
  const [row] = await selectRecord(db, { issuer: platformIssuer, sub, ...liveSince(nowSeconds()) })
  if (row === undefined) return undefined
  const { other_names, ended, ...facts } = row.record
  return {
    ...facts,
    sub,
    names: [{ issuer: platformIssuer, sub }, ...other_names],
    ended_sids: ended.map(({ sid }) => sid),
  }
}
