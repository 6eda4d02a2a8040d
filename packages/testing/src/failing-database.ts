import type { Database } from '@munjigi/db/connect'
import type { KyselyPlugin } from 'kysely'

/** The same database, in which statements fail as in an outage while `isFailing` says so of their syntax tree as JSON. */
export function failingDatabase(database: Database, isFailing: (statement: string) => boolean): Database {
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      if (isFailing(JSON.stringify(node))) throw Object.assign(new Error('the database is away'), { statusCode: 503 })
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return { ...database, as: (role, options) => database.as<never>(role, options).withPlugin(plugin) as never }
}
