import { createHash } from 'node:crypto'
import type { CompiledQuery } from 'kysely'

/** A query that a connection plans once, under this name. */
export interface PreparedQuery<Row = unknown> extends CompiledQuery<Row> {
  readonly preparedAs: string
  /** Whether it is the last of its transaction: the COMMIT goes with it, and no statement after it is taken. */
  readonly commits?: boolean
}

/** For a text that is asked again and again with other values: PostgreSQL reads and plans it once per connection. */
export const prepared = <Row>(query: CompiledQuery<Row>): PreparedQuery<Row> => ({
  ...query,
  preparedAs: createHash('sha256').update(query.sql).digest('base64url'),
})

/** The same of a statement that is the last of its transaction, for one trip less. */
export const committing = <Row>(query: CompiledQuery<Row>): PreparedQuery<Row> => ({
  ...prepared(query),
  commits: true,
})
