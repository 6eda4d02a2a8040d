import { Type } from 'typebox'

const Url = (description: string) => Type.String({ pattern: '^postgres(ql)?://', description })

/** `DATABASE_URL` of a service: PostgreSQL by a login that may take `servingRole` and nothing else. */
export const databaseEnv = (servingRole: string) => ({
  DATABASE_URL: Url(`the database, as a login whose only right is to take the role ${servingRole}`),
})

/** The environment of a service's `migrate.ts`. */
export const MigrationEnv = Type.Object({
  MIGRATION_DATABASE_URL: Url('the database as the owner of the tables, not as the role that serves'),
})
