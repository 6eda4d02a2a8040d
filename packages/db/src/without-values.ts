/** PGlite attaches the statement's parameters to its errors, PostgreSQL whole rows, and from there they would reach the log. */
const HOLDING_VALUES = ['params', 'query', 'queryOptions', 'detail', 'where', 'internalQuery']

/** @throws the same error without the values of its statement */
export function withoutValues(error: unknown): never {
  if (error instanceof Error) for (const name of HOLDING_VALUES) Reflect.deleteProperty(error, name)
  throw error
}
