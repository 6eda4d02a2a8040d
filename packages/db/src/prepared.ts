import { createHash } from 'node:crypto'
import type { CompiledQuery } from 'kysely'

/** A query that a connection plans once, under this name. */
export interface PreparedQuery<Row = unknown> extends CompiledQuery<Row> {
  readonly preparedAs: string
}

/** For a text that is asked again and again with other values: PostgreSQL reads and plans it once per connection. */
export const prepared = <Row>(query: CompiledQuery<Row>): PreparedQuery<Row> => ({
  ...query,
  preparedAs: createHash('sha256').update(query.sql).digest('base64url'),
})
