import assert from 'node:assert/strict'
import { CompiledQuery, type Kysely, type QueryId, type RootOperationNode } from 'kysely'

/** A node of what `explain (analyze, format json)` says. */
interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}

/** Runs `list` and gives how the database came by each of its statements; inside `withTenant` hand in its transaction. */
export async function plansOf<Tables>(
  handle: Kysely<Tables>,
  list: (db: Kysely<Tables>) => Promise<unknown>,
): Promise<Plan[]> {
  const seen = new Map<QueryId, RootOperationNode>()
  const run: RootOperationNode[] = []
  const watched = handle.withPlugin({
    transformQuery({ node, queryId }) {
      seen.set(queryId, node)
      return node
    },
    async transformResult({ queryId, result }) {
      const node = seen.get(queryId)
      if (node) run.push(node)
      return result
    },
  })
  await list(watched)
  assert.ok(run.length > 0)
  const plans: Plan[] = []
  for (const node of run) {
    const { sql: text, parameters, queryId } = handle.getExecutor().compileQuery(node, { queryId: '' } as QueryId)
    assert.ok(queryId)
    const { rows } = await handle.executeQuery<{ 'QUERY PLAN': { Plan: Plan }[] }>(
      CompiledQuery.raw(`explain (analyze, format json) ${text}`, [...parameters]),
    )
    plans.push(...(rows[0]?.['QUERY PLAN'] ?? []).map(({ Plan }) => Plan))
  }
  return plans
}

/** That no table of `big` was walked through from end to end, and at most `mostRead` rows of them were touched. */
export function assertByIndex(
  plans: Plan[],
  { big, mostRead, name }: { big: string[]; mostRead: number; name: string },
) {
  const scansOf = (plan: Plan): Plan[] => [
    ...(big.includes(plan['Relation Name'] ?? '') ? [plan] : []),
    ...(plan.Plans ?? []).flatMap(scansOf),
  ]
  const scans = plans.flatMap(scansOf)
  assert.ok(scans.length > 0)
  const read = scans.map((scan) => (scan['Actual Rows'] + (scan['Rows Removed by Filter'] ?? 0)) * scan['Actual Loops'])
  const total = read.reduce((sum, rows) => sum + rows, 0)
  assert.deepEqual(
    [scans.filter((scan) => scan['Node Type'] === 'Seq Scan'), total <= mostRead ? 'few' : total],
    [[], 'few'],
    name,
  )
}
