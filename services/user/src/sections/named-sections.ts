import type { SectionGrant } from '@munjigi/contracts/access'
import { invalidField } from '@munjigi/server/invalid-field'
import type { Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

/** @throws Problem 400 unless every section named exists and is named once */
export async function requireSections(trx: Transaction<Tables>, sections: SectionGrant[]): Promise<void> {
  const known = await trx.selectFrom('sections').select('id').execute()
  const left = new Set(known.map(({ id }) => id))
  for (const [index, { id }] of sections.entries())
    if (!left.delete(id)) throw invalidField(`sections.${index}.id`, 'is no section, or stands here twice')
}
