import type { CaseDocument, DocumentVersion, NewDocument, PageQuery } from '@munjigi/contracts/cases'
import { isoTime } from '@munjigi/db/iso-time'
import { pageOf } from '@munjigi/db/page'
import { readCursor, writeCursor } from '@munjigi/server/cursor'
import { type Kysely, type SqlBool, sql } from 'kysely'
import { Type } from 'typebox'
import type { Tables } from '../tables.ts'
import { placeOf, TimePlace } from '../time-place.ts'

const columns = [
  'document_versions.case_id',
  'document_versions.document_id',
  'document_versions.version',
  'title',
  'media_type',
  'written_by',
  isoTime('written_at'),
] as const
const withBody = [...columns, 'body'] as const

const VersionPlace = Type.Tuple([Type.Integer({ minimum: 1, maximum: 2_147_483_647 })])

/** What a version holds that its writer gives. */
type Content = Required<NewDocument>

/** Documents of one case, in the `withTenant` of its tenant. */
export function documentStore(trx: Kysely<Tables>, tenant_id: string, case_id: string) {
  const versions = trx
    .selectFrom('document_versions')
    .where('document_versions.tenant_id', '=', tenant_id)
    .where('document_versions.case_id', '=', case_id)
  const newest = versions.innerJoin('documents', (join) =>
    join
      .onRef('documents.tenant_id', '=', 'document_versions.tenant_id')
      .onRef('documents.case_id', '=', 'document_versions.case_id')
      .onRef('documents.document_id', '=', 'document_versions.document_id')
      .onRef('documents.version', '=', 'document_versions.version'),
  )
  const insertVersion = (document_id: string, version: number, content: Content & { written_by: string }) =>
    trx
      .insertInto('document_versions')
      .values({ tenant_id, case_id, document_id, version, ...content })
      .returning(withBody)
      .executeTakeFirstOrThrow()

  return {
    find: (document_id: string): Promise<CaseDocument | undefined> =>
      newest.select(withBody).where('document_versions.document_id', '=', document_id).executeTakeFirst(),
    findVersion: (document_id: string, version: number): Promise<CaseDocument | undefined> =>
      versions
        .select(withBody)
        .where('document_id', '=', document_id)
        .where('version', '=', version)
        .executeTakeFirst(),
    /** The newest version, locked so that it remains the newest until the transaction ends. */
    async lock(document_id: string): Promise<CaseDocument | undefined> {
      const row = await trx
        .selectFrom('documents')
        .select('version')
        .where('tenant_id', '=', tenant_id)
        .where('case_id', '=', case_id)
        .where('document_id', '=', document_id)
        .forUpdate()
        .executeTakeFirst()
      return row && this.findVersion(document_id, row.version)
    },
    async insert(content: Content & { written_by: string }): Promise<CaseDocument> {
      const { document_id } = await trx
        .insertInto('documents')
        .values({ tenant_id, case_id })
        .returning('document_id')
        .executeTakeFirstOrThrow()
      return insertVersion(document_id, 1, content)
    },
    async insertNext(document_id: string, version: number, content: Content & { written_by: string }) {
      await trx
        .updateTable('documents')
        .set({ version })
        .where('tenant_id', '=', tenant_id)
        .where('case_id', '=', case_id)
        .where('document_id', '=', document_id)
        .execute()
      return insertVersion(document_id, version, content)
    },
    remove: (document_id: string) =>
      trx
        .deleteFrom('documents')
        .where('tenant_id', '=', tenant_id)
        .where('case_id', '=', case_id)
        .where('document_id', '=', document_id)
        .returning('document_id')
        .executeTakeFirst(),
    async list({ cursor, limit }: PageQuery) {
      let query = newest
        .select([...columns, placeOf('documents.created_at')])
        .orderBy('documents.created_at')
        .orderBy('documents.document_id')
        .limit(limit + 1)
      if (cursor !== undefined) {
        const [at, id] = readCursor(TimePlace, cursor)
        query = query.where(
          sql<SqlBool>`(documents.created_at, documents.document_id) > (${at}::timestamptz, ${id}::uuid)`,
        )
      }
      const [documents, last] = pageOf(await query.execute(), limit)
      return { documents, ...(last && { next_cursor: writeCursor([last.place, last.document_id]) }) }
    },
    async listVersions(document_id: string, { cursor, limit }: PageQuery) {
      let query = versions
        .select(columns)
        .where('document_id', '=', document_id)
        .orderBy('version', 'desc')
        .limit(limit + 1)
      if (cursor !== undefined) query = query.where('version', '<', readCursor(VersionPlace, cursor)[0])
      const rows: DocumentVersion[] = await query.execute()
      const [page, last] = pageOf(rows, limit)
      return { versions: page, ...(last && { next_cursor: writeCursor([last.version]) }) }
    },
  }
}
