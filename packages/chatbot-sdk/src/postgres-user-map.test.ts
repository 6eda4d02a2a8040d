import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { testDatabase } from '@munjigi/testing/database'
import { createQueryId, type RootOperationNode, sql } from 'kysely'
import { migrationPlan } from './house.fixture.ts'
import { postgresUserMap, type UserMapTables } from './postgres-user-map.ts'
import type { NewLink } from './user-map.ts'

const { database, close } = await testDatabase(migrationPlan)
after(close)
const db = database.as<UserMapTables>(migrationPlan.servingRole).withSchema(migrationPlan.schema)
const userMap = postgresUserMap(db)

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000)

function link(change: Partial<NewLink> = {}): NewLink {
  return {
    keycloak_sub: randomUUID(),
    kakao_id: randomUUID(),
    access_token: 'sealed access',
    refresh_token: 'sealed refresh',
    access_token_expires_at: at(300),
    refresh_token_expires_at: null,
    login_at: at(0),
    login_id: randomUUID(),
    refreshed_at: at(0),
    ...change,
  }
}
const iso = (value: unknown) => (value instanceof Date ? value.toISOString() : value)
const renewedTokens = {
  access_token: 'renewed access',
  refresh_token: 'renewed refresh',
  access_token_expires_at: at(600),
  refresh_token_expires_at: at(9_000),
  refreshed_at: at(300),
}

test('a link is found by chat and by sub, as it was stored', async () => {
  const linked = link()
  assert.equal(await userMap.link(linked), 'linked')
  const { created_at, ...row } = (await userMap.findByChat(linked.kakao_id)) ?? assert.fail()

  assert.deepEqual(row, linked)
  assert.ok(created_at instanceof Date)
  assert.equal((await userMap.findBySub(linked.keycloak_sub))?.kakao_id, linked.kakao_id)
})

test('a newer login of the same pair takes the place of the older, never the other way round', async () => {
  const older = link()
  const newer = link({ ...older, login_at: at(10), login_id: 'newer', access_token: 'newer' })
  await userMap.link(older)
  assert.equal(await userMap.link(newer), 'linked')
  assert.equal(await userMap.link(older), 'older')

  assert.equal((await userMap.findByChat(older.kakao_id))?.access_token, 'newer')
})

test('the login that is there already changes nothing, renewed or cleared', async () => {
  const linked = link()
  await userMap.link(linked)
  await userMap.claim(linked.kakao_id, 'me', 10_000)
  await userMap.storeTokens(linked.kakao_id, 'me', renewedTokens)
  assert.equal(await userMap.link(linked), 'linked')
  assert.equal((await userMap.findByChat(linked.kakao_id))?.access_token, 'renewed access')
  await userMap.endLogin(linked.kakao_id, linked.login_id)
  assert.equal(await userMap.link(linked), 'linked')

  assert.equal((await userMap.findByChat(linked.kakao_id))?.access_token, null)
})

test('a person has one chat and a chat one person', async () => {
  const linked = link()
  await userMap.link(linked)

  assert.equal(await userMap.link(link({ keycloak_sub: linked.keycloak_sub, login_at: at(9) })), 'sub-taken')
  assert.equal(await userMap.link(link({ kakao_id: linked.kakao_id, login_at: at(9) })), 'chat-taken')
})

test('of many links at once the database lets one win, and the same pair is one link', async () => {
  const first = link()
  const same = await Promise.all(Array.from({ length: 10 }, () => userMap.link(first)))
  assert.deepEqual(new Set(same), new Set(['linked']))

  const sub = randomUUID()
  const chats = await Promise.all(Array.from({ length: 10 }, () => userMap.link(link({ keycloak_sub: sub }))))
  assert.deepEqual(chats.toSorted(), ['linked', ...Array(9).fill('sub-taken')])

  const chat = randomUUID()
  const subs = await Promise.all(Array.from({ length: 10 }, () => userMap.link(link({ kakao_id: chat }))))
  assert.deepEqual(subs.toSorted(), [...Array(9).fill('chat-taken'), 'linked'])
})

test('a chat is bound anew in the same row, as a new link, only once its tokens are cleared, and to nobody who has another chat', async () => {
  const [old, taken] = [link(), link()]
  await userMap.link(old)
  await userMap.link(taken)
  const next = link({ kakao_id: old.kakao_id })
  assert.equal(await userMap.rebind(next, old.keycloak_sub), 'changed')
  await userMap.endLogin(old.kakao_id, old.login_id)
  assert.equal(await userMap.rebind({ ...next, keycloak_sub: taken.keycloak_sub }, old.keycloak_sub), 'sub-taken')
  assert.equal(await userMap.rebind(next, 'somebody else'), 'changed')
  const created_at = at(0)
  await db.updateTable('user_map').where('kakao_id', '=', old.kakao_id).set({ created_at }).execute()
  assert.equal(await userMap.rebind(next, old.keycloak_sub), 'linked')

  const row = (await userMap.findByChat(old.kakao_id)) ?? assert.fail()
  assert.deepEqual(row, { ...next, created_at: row.created_at })
  assert.ok(row.created_at > created_at, 'the link is as old as the one before')
  assert.equal(await userMap.findBySub(old.keycloak_sub), undefined)
})

test('one owner holds the claim, and only the owner stores or clears', async () => {
  const { kakao_id } = link()
  await userMap.link(link({ kakao_id }))
  const claims = await Promise.all(['a', 'b', 'c'].map((owner) => userMap.claim(kakao_id, owner, 10_000)))
  assert.equal(claims.filter((row) => row !== undefined).length, 1)
  const owner = ['a', 'b', 'c'].find((_, index) => claims[index]) as string
  assert.equal(await userMap.storeTokens(kakao_id, 'x', renewedTokens), false)
  assert.equal(await userMap.clearTokens(kakao_id, 'x'), false)
  assert.equal(await userMap.storeTokens(kakao_id, owner, renewedTokens), true)
  assert.equal(await userMap.storeTokens(kakao_id, owner, renewedTokens), false)

  assert.ok(await userMap.claim(kakao_id, 'next', 10_000))
  assert.equal(await userMap.clearTokens(kakao_id, 'next'), true)
  assert.equal(await userMap.claim('nobody', 'next', 10_000), undefined)
})

test('a claim that has ended is taken over, and its former owner stores nothing', async () => {
  const { kakao_id } = link()
  await userMap.link(link({ kakao_id }))
  await userMap.claim(kakao_id, 'dead', 10_000)
  await sql`update chatbot_sdk.user_map set renewal_until = now() - interval '1 second' where kakao_id = ${kakao_id}`.execute(
    db,
  )
  assert.ok(await userMap.claim(kakao_id, 'alive', 10_000))

  assert.equal(await userMap.storeTokens(kakao_id, 'dead', renewedTokens), false)
  await userMap.release(kakao_id, 'dead')
  assert.equal(await userMap.claim(kakao_id, 'third', 10_000), undefined)
  await userMap.release(kakao_id, 'alive')
  assert.ok(await userMap.claim(kakao_id, 'third', 10_000))
})

test('a newer login and an ended one take the claim from whoever renews the old one', async () => {
  const linked = link()
  await userMap.link(linked)
  await userMap.claim(linked.kakao_id, 'me', 10_000)
  await userMap.link(link({ ...linked, login_at: at(10), login_id: 'newer' }))
  assert.equal(await userMap.storeTokens(linked.kakao_id, 'me', renewedTokens), false)
  await userMap.claim(linked.kakao_id, 'me', 10_000)
  assert.equal(await userMap.endLogin(linked.kakao_id, linked.login_id), false)
  assert.equal(await userMap.endLogin(linked.kakao_id, 'newer'), true)

  assert.equal(await userMap.storeTokens(linked.kakao_id, 'me', renewedTokens), false)
})

test('the idle are listed longest first, page by page, and who has no tokens is not among them', async () => {
  await sql`delete from chatbot_sdk.user_map`.execute(db)
  const idle = [link(), link({ refreshed_at: at(1) }), link({ refreshed_at: at(1) }), link({ refreshed_at: at(2) })]
  const cleared = link()
  for (const one of [...idle, cleared, link({ refreshed_at: at(100) })]) await userMap.link(one)
  await userMap.endLogin(cleared.kakao_id, cleared.login_id)

  const found: string[] = []
  let page = await userMap.listIdle(at(100), 2)
  while (page.length > 0) {
    found.push(...page.map(({ kakao_id }) => kakao_id))
    page = await userMap.listIdle(at(100), 2, page.at(-1))
  }
  const [first, second, third, fourth] = idle.map(({ kakao_id }) => kakao_id) as [string, string, string, string]
  assert.deepEqual(found, [first, ...[second, third].toSorted(), fourth])
})

test('the list of the idle is read from an index, in its order', async () => {
  const nodes: RootOperationNode[] = []
  const keepNode = (node: RootOperationNode) => {
    nodes.push(node)
    return node
  }
  const watched = db.withPlugin({
    transformQuery: ({ node }) => keepNode(node),
    transformResult: async ({ result }) => result,
  })
  await postgresUserMap(watched).listIdle(at(100), 500, { kakao_id: 'x', refreshed_at: at(1) })
  const query = db.getExecutor().compileQuery(nodes[0] as RootOperationNode, createQueryId())
  const values = query.parameters.map((value) => (typeof value === 'number' ? `${value}` : `'${iso(value)}'`))
  const text = query.sql.replace(/\$(\d)/g, (_, index) => values[index - 1] as string)
  const plan = await db.transaction().execute(async (trx) => {
    await sql`set local enable_seqscan = off`.execute(trx)
    await sql`set local enable_bitmapscan = off`.execute(trx)
    return sql`explain ${sql.raw(text)}`.execute(trx)
  })

  assert.match(JSON.stringify(plan.rows), /Index (Only )?Scan using user_map__idle/)
  assert.doesNotMatch(JSON.stringify(plan.rows), /Sort/)
})

test('removing gives back what was removed, once', async () => {
  const linked = link()
  await userMap.link(linked)

  assert.equal((await userMap.remove(linked.kakao_id))?.refresh_token, 'sealed refresh')
  assert.equal(await userMap.remove(linked.kakao_id), undefined)
})

test('a name that no text of the database can be is nobody', async () => {
  await userMap.link(link({ kakao_id: 'chat-\ufffd' }))

  for (const name of ['chat-\ud800', 'chat-\0', '']) {
    assert.equal(await userMap.findByChat(name), undefined)
    assert.equal(await userMap.findBySub(name), undefined)
    assert.equal(await userMap.remove(name), undefined)
  }
})
