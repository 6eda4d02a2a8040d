import { createHash } from 'node:crypto'
import type { CompiledQuery } from 'kysely'

/** A query that a connection plans once, under this name. */
export interface PreparedQuery<Row = unknown> extends CompiledQuery<Row> {
  readonly preparedAs: string
  /** Whether it is the last of its transaction: COMMIT goes along with it, and no further statement is taken. */
  readonly commits?: boolean
}

/** For a statement that runs again and again with other values: PostgreSQL parses and plans it once per connection. */
export const prepared = <Row>(query: CompiledQuery<Row>): PreparedQuery<Row> => ({
  ...query,
  preparedAs: createHash('sha256').update(query.sql).digest('base64url'),
})

/** The same for the last statement of a transaction, which saves a round trip. */
export const committing = <Row>(query: CompiledQuery<Row>): PreparedQuery<Row> => ({
  ...prepared(query),
  commits: true,
})
