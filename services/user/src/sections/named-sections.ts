import type { SectionGrant } from '@munjigi/contracts/access'
import { invalidField } from '@munjigi/server/invalid-field'
import type { Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

/** Nobody removes them until the transaction ends. @throws Problem 400 unless every section named exists and is named once */
export async function requireSections(trx: Transaction<Tables>, sections: SectionGrant[]): Promise<void> {
  if (sections.length === 0) return
  const ids = sections.map(({ id }) => id)
  const known = await trx.selectFrom('sections').select('id').where('id', 'in', ids).forKeyShare().execute()
  const left = new Set(known.map(({ id }) => id))
  for (const [index, { id }] of sections.entries())
    if (!left.delete(id)) throw invalidField(`sections.${index}.id`, 'is no section, or stands here twice')
}
