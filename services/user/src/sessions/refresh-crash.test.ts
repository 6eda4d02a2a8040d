import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Database } from '@munjigi/db/connect'
import { eventually } from '@munjigi/testing/eventually'
import { endProcess, startProcess } from '@munjigi/testing/own-process'
import { decodeJwt } from 'jose'
import type { KyselyPlugin } from 'kysely'
import { refusalOf } from '../refusal.fixture.ts'
import { signedInService } from '../signed-in.fixture.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const MOST_STATEMENTS = 30

let service: Awaited<ReturnType<typeof signedInService>>
before(async () => {
  service = await signedInService()
})
after(() => service.close())

/** A database whose wire is cut before one statement is answered, counted from when `cutAt` is called. */
function cuttable(database: Database) {
  let left = Number.POSITIVE_INFINITY
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    // Not of the query, whose text may have been made long before.
    async transformResult({ result }) {
      left -= 1
      // As packages/db says that the database is gone.
      if (left === 0) throw Object.assign(new Error('the database does not answer'), { statusCode: 503 })
      return result
    },
  }
  const as = <Tables>(role: string, options?: { acrossTenants?: boolean }) =>
    database.as<Tables>(role, options).withPlugin(plugin)
  return {
    database: { ...database, as },
    cutAt: (statement: number) => {
      left = statement
    },
    wasCut: () => left <= 0,
  }
}

/** As the contract has it, whoever refreshed before and died: the same successor again, and on with it. */
async function goesOn(refreshToken: string, sid: string, message: string) {
  const successor = await refreshed(await service.refresh(refreshToken))
  assert.equal(await refreshed(await service.refresh(refreshToken)), successor)
  await refreshed(await service.refresh(successor))
  const rows = await service.db.selectFrom('refresh_tokens').select('jti').where('sid', '=', sid).execute()
  assert.equal(rows.length, 3, message)
}

const refreshed = async (answer: Response) => {
  assert.equal(answer.status, 200)
  return ((await answer.json()) as { refresh_token: string }).refresh_token
}

test('a process that loses its database at any statement of a rotation leaves the owner able to go on', async () => {
  const { database, cutAt, wasCut } = cuttable(service.database)
  const broken = await service.start({ database })
  // Reads the keys, which later refreshes remember.
  await refreshed(await service.refresh((await service.signIn()).refreshToken, broken))
  let statement = 1
  for (; statement < MOST_STATEMENTS; statement += 1) {
    const { refreshToken, sid } = await service.signIn()
    cutAt(statement)
    const answer = await service.refresh(refreshToken, broken)
    if (!wasCut()) break
    assert.deepEqual(await refusalOf(answer), [503, 'unavailable'], `statement ${statement}`)
    await goesOn(refreshToken, sid, `statement ${statement}`)
  }
  assert.ok(statement > 2, 'a rotation has statements to be cut at')
  assert.ok(statement < MOST_STATEMENTS, 'a rotation comes to an end')
})

test('a process killed between the two halves of a rotation leaves the owner able to go on', async (t) => {
  if (service.ownProcess === undefined) return t.skip('PGlite lives in one process')
  const { refreshToken, sub, sid } = await service.signIn()
  const { jti } = decodeJwt(refreshToken) as { jti: string }
  const other = startProcess(MAIN, {
    ...service.ownProcess,
    REDIS_URL: 'redis://127.0.0.1:1',
    ALLOW_TOKEN_IN_URL: 'true',
    PORT: '0',
  })
  t.after(() => endProcess(other))
  const at = await other.listening()
  await service.db.transaction().execute(async (trx) => {
    await trx.selectFrom('people').select('sub').where('sub', '=', sub).forUpdate().execute()
    let asking: Promise<unknown> | undefined
    // The rotation holds its token and waits for the person, until the process gives up and is asked again.
    await eventually(async () => {
      asking ??= service
        .refresh(refreshToken, at)
        .catch(() => undefined)
        .finally(() => {
          asking = undefined
        })
      const free = service.db.selectFrom('refresh_tokens').select('jti').where('jti', '=', jti)
      assert.deepEqual(await free.forUpdate().skipLocked().execute(), [])
    })
    await endProcess(other)
    await asking
  })

  await goesOn(refreshToken, sid, 'killed')
})
