import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely, Transaction } from 'kysely'

interface Scope {
  readonly tenantId: string
  state: 'opening' | 'open' | 'over'
}

const scopes = new AsyncLocalStorage<Scope>()

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function liveScope(): Scope | undefined {
  const scope = scopes.getStore()
  return scope?.state === 'over' ? undefined : scope
}

/** Called whenever a connection is taken: inside `withTenant` only its own transaction may use the database. */
export function enterScope(): void {
  const scope = liveScope()
  if (!scope) return
  if (scope.state === 'open') throw new Error('inside withTenant only its own transaction may be used')
  scope.state = 'open'
}

/** The statements that make the surrounding `withTenant` hold until the transaction's end, or nothing. */
export function tenantSettings(): string[] {
  const scope = liveScope()
  return scope ? [`set local app.tenant_id = '${scope.tenantId}'`, `set local app.all_tenants = ''`] : []
}

/**
 * Runs `work` in one transaction whose `app.tenant_id` is the tenant (a UUID), for row-level security policies on
 * `nullif(current_setting('app.tenant_id', true), '')::uuid`; it limits a handle across tenants too. Throws where it is nested,
 * inside any other transaction, and when `work` uses a database handle other than its own.
 */
export async function withTenant<Tables, Result>(
  db: Kysely<Tables>,
  tenantId: string,
  work: (trx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  if (!UUID.test(tenantId)) throw new TypeError('a tenant id is a UUID')
  if (db.isTransaction || liveScope()) throw new Error('withTenant inside a transaction')
  const scope: Scope = { tenantId, state: 'opening' }
  try {
    return await scopes.run(scope, () => db.transaction().execute(work))
  } finally {
    scope.state = 'over'
  }
}
