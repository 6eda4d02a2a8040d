import pg from 'pg'

/** Statements that travel with another one: those that open its transaction, and those that end it. */
export interface Around {
  before: readonly string[]
  after: readonly string[]
}

/**
 * A statement and those around it, up to a single Sync: where one of them fails the server skips the rest, so the statement
 * never runs outside its transaction, and nothing is committed without it. The promise gives the statement's own answer.
 */
export function transactionQuery(
  { before, after }: Around,
  query: pg.QueryConfig,
): [pg.Query, Promise<pg.QueryResult>] {
  const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>()
  const whole = new pg.Query(query, (error, answers) => {
    // One for each statement, in order.
    const answer = (answers as unknown as pg.QueryResult[] | undefined)?.[before.length]
    if (answer === undefined) reject(error)
    else resolve(answer)
  })
  const submit = whole.submit.bind(whole)
  whole.submit = (connection) => {
    // `after` is sent from within `execute`, which pg does not reach where it cannot bind the statement's values.
    const executing: pg.Connection = Object.create(connection, {
      execute: {
        value(...config: Parameters<pg.Connection['execute']>) {
          connection.execute(...config)
          for (const text of after) say(connection, text)
        },
      },
    })
    connection.stream.cork()
    for (const text of before) say(connection, text)
    const failure = submit(executing)
    connection.stream.uncork()
    return failure
  }
  return [whole, promise]
}

function say(connection: pg.Connection, text: string): void {
  connection.parse({ name: '', text, types: [] }, true)
  connection.bind({}, true)
  connection.execute({}, true)
}
