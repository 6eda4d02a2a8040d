import pg from 'pg'

/** What goes with a statement: what opens its transaction, and what ends it. */
interface Around {
  before: readonly string[]
  after: readonly string[]
}

/**
 * A statement and what stands around it as one message: where any of them fails the server leaves out the rest, so that the
 * statement never runs outside its transaction, and nothing is committed without it.
 */
export function transactionQuery(
  { before, after }: Around,
  query: pg.QueryConfig,
): [pg.Query, Promise<pg.QueryResult>] {
  const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>()
  const whole = new pg.Query(query, (error, answers) => {
    // One of each.
    const answer = (answers as unknown as pg.QueryResult[] | undefined)?.[before.length]
    if (answer === undefined) reject(error)
    else resolve(answer)
  })
  const submit = whole.submit.bind(whole)
  whole.submit = (connection) => {
    // A statement that cannot be bound is never executed, and so neither is what follows.
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
