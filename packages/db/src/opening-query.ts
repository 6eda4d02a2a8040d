import pg from 'pg'

/**
 * A statement with those that open its transaction before it, as one message: where any of them fails the server leaves out
 * the rest, so that the statement never runs outside.
 */
export function openingQuery(opening: readonly string[], query: pg.QueryConfig): [pg.Query, Promise<pg.QueryResult>] {
  const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>()
  const whole = new pg.Query(query, (error, answers) => {
    // One of each.
    const answer = (answers as unknown as pg.QueryResult[] | undefined)?.at(-1)
    if (answer === undefined) reject(error)
    else resolve(answer)
  })
  const submit = whole.submit.bind(whole)
  whole.submit = (connection) => {
    connection.stream.cork()
    for (const text of opening) {
      connection.parse({ name: '', text, types: [] }, true)
      connection.bind({}, true)
      connection.execute({}, true)
    }
    const failure = submit(connection)
    connection.stream.uncork()
    return failure
  }
  return [whole, promise]
}
