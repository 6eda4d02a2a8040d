import { committing, type PreparedQuery, prepared } from '@munjigi/db/prepared'
import type { Compilable, CompiledQuery, Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** Stands in for a value while the statement is compiled. */
class Place<Given> {
  readonly name: keyof Given
  constructor(name: keyof Given) {
    this.name = name
  }
  [Symbol.toPrimitive](): never {
    throw new TypeError(`the text of the statement would depend on ${String(this.name)}`)
  }
}

type Statement<Given, Row> = (db: Kysely<Tables>, given: Given) => Promise<Row[]>
type Build<Given, Row> = (db: Kysely<Tables>, given: Given) => Compilable<Row>

/**
 * A statement that runs all day. Building its text is a large part of its cost, so it is built once, at the first call. `build` may
 * only pass on the values it is given: no conditions on them, and computing with one throws.
 */
export const compiledOnce = <Given extends object, Row>(build: Build<Given, Row>): Statement<Given, Row> =>
  once(build, prepared)

/** The same for a statement that is always the last of its transaction, and commits it. */
export const compiledLast = <Given extends object, Row>(build: Build<Given, Row>): Statement<Given, Row> =>
  once(build, committing)

function once<Given extends object, Row>(
  build: Build<Given, Row>,
  prepare: (query: CompiledQuery<Row>) => PreparedQuery<Row>,
): Statement<Given, Row> {
  const places = new Proxy({} as Given, { get: (_, name) => new Place<Given>(name as keyof Given) })
  let compiled: PreparedQuery<Row> | undefined
  return async (db, given) => {
    compiled ??= prepare(build(db, places).compile())
    const parameters = compiled.parameters.map((value) =>
      value instanceof Place ? given[value.name as keyof Given] : value,
    )
    return (await db.executeQuery<Row>({ ...compiled, parameters })).rows
  }
}
