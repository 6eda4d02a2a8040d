import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { Problem } from '@munjigi/problem'
import { parseOptions } from '@node-rs/argon2'
import { hash as bcrypt, parseOptions as parseBcrypt } from '@node-rs/bcrypt'
import { hashPool } from './hash-pool.ts'
import { hashPassword, isBcrypt, isPasswordHash, verifyPassword, workOf } from './hashing.ts'

const AT_ONCE = Math.min(2, availableParallelism())
const STRANGER = { kind: 'stranger', account: 'guessed' } as const
const argon2id = await hashPassword('right')
const bcryptOf = (cost: number) => `$2y$${String(cost).padStart(2, '0')}$${'a'.repeat(21)}O${'a'.repeat(31)}`

/** How many of argon2id, and how much bcrypt, a cost being twice the one before. */
function costOf(hashes: string[]) {
  const parameters = hashes
    .filter((hash) => !isBcrypt(hash))
    .map((hash) => [parseOptions(hash).memoryCost, parseOptions(hash).timeCost, parseOptions(hash).parallelism])
  const bcrypt = hashes.filter(isBcrypt).reduce((sum, hash) => sum + 2 ** parseBcrypt(hash).cost, 0)
  return { argon2id: parameters, bcrypt }
}

for (const dearestBcrypt of [null, 4, 10, 12]) {
  test(`a no costs the same whatever is stored, where the dearest bcrypt is ${dearestBcrypt}`, () => {
    const hashes = [null, argon2id, ...[4, 5, 10, 12].filter((cost) => cost <= (dearestBcrypt ?? 0)).map(bcryptOf)]
    const expected = { argon2id: [[19_456, 2, 1]], bcrypt: dearestBcrypt === null ? 0 : 2 ** dearestBcrypt }

    for (const hash of hashes) assert.deepEqual(costOf(workOf({ hash, dearestBcrypt })), expected)
  })
}

test('what is computed for its cost alone is nobody’s password', async () => {
  for (const dearestBcrypt of [null, 4])
    for (const password of ['', 'right', 'nobody'])
      assert.equal(await verifyPassword(password, { hash: null, dearestBcrypt }), false)
})

test('a right password is right beside dearer hashes than its own', async () => {
  const cheap = await bcrypt('right', { cost: 4 })
  for (const hash of [argon2id, cheap]) {
    assert.equal(await verifyPassword('right', { hash, dearestBcrypt: 6 }), true)
    assert.equal(await verifyPassword('wrong', { hash, dearestBcrypt: 6 }), false)
  }
})

test('two are computed at once, on one core one, sixty-four wait, and whoever comes then is sent away for a while', async () => {
  const pool = hashPool()
  let running = 0
  let most = 0
  const gate = Promise.withResolvers<void>()
  const work = async () => {
    most = Math.max(most, ++running)
    await gate.promise
    running -= 1
  }
  const admitted = Array.from({ length: AT_ONCE + 64 }, () => pool.run(STRANGER, work))

  await assert.rejects(
    pool.run(STRANGER, work),
    (error: unknown) =>
      error instanceof Problem && error.type === 'passwords-busy' && error.headers['retry-after'] === '2',
  )
  gate.resolve()
  await Promise.all(admitted)
  assert.equal(most, AT_ONCE)
  await pool.run(STRANGER, work)
})

test('whoever is known there goes before all strangers who wait, however many they are', async () => {
  const pool = hashPool()
  const gate = Promise.withResolvers<void>()
  const done: string[] = []
  const work = (name: string) => async () => {
    await gate.promise
    done.push(name)
  }
  const strangers = Array.from({ length: AT_ONCE + 64 }, () => pool.run(STRANGER, work('stranger')))
  const known = pool.run({ kind: 'known', account: 'one' }, work('known'))

  await assert.rejects(pool.run(STRANGER, work('late')), { type: 'passwords-busy' })
  gate.resolve()
  await Promise.all([known, ...strangers])
  assert.ok(done.indexOf('known') <= 2, `${done.indexOf('known')}`)
})

test('a stranger waits for three at most of those who are known, and these wait for one of each other’s', async () => {
  const pool = hashPool()
  const gate = Promise.withResolvers<void>()
  const done: string[] = []
  const run = (kind: 'known' | 'stranger', account: string) =>
    pool.run({ kind, account }, async () => {
      await gate.promise
      done.push(account)
    })
  const flood = Array.from({ length: AT_ONCE + 64 }, () => run('known', 'everywhere').catch(({ type }) => type))
  const others = [run('stranger', 'stranger'), run('known', 'colleague')]
  gate.resolve()
  const answers = await Promise.all(flood)
  await Promise.all(others)

  assert.deepEqual(
    answers.filter((answer) => answer !== undefined),
    ['passwords-busy'],
  )
  const [own, theirs] = [done.indexOf('stranger'), done.indexOf('colleague')]
  assert.ok(own <= AT_ONCE + 3 && theirs <= AT_ONCE + 2, `${own} ${theirs}`)
})

test('however long strangers take, they leave a turn to those who are known', async (t) => {
  if (AT_ONCE === 1) return t.skip('one core has one turn')
  const pool = hashPool()
  const [begin, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const first = Array.from({ length: AT_ONCE }, () =>
    pool.run({ kind: 'known', account: 'first' }, () => begin.promise),
  )
  const strangers = Array.from({ length: 4 }, () => pool.run(STRANGER, () => end.promise))
  let looked = 0
  const known = Array.from({ length: 20 }, () => pool.run({ kind: 'known', account: 'one' }, async () => ++looked))
  begin.resolve()
  await Promise.all(first)
  // Who still waits then waits for strangers.
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate)
  end.resolve()

  assert.equal(looked, 20)
  await Promise.all([...strangers, ...known])
})

test('work that fails gives its place back', async () => {
  const pool = hashPool()
  for (let each = 0; each < 4; each += 1)
    await assert.rejects(pool.run(STRANGER, () => Promise.reject(new Error('failed'))))

  assert.equal(await pool.run(STRANGER, async () => 'done'), 'done')
})

test('a hash is taken from elsewhere where its cost is known and a library reads it', async () => {
  const taken = [argon2id, await bcrypt('x', { cost: 4 }), bcryptOf(14)]
  const refused = [
    '',
    'munjigi-dev',
    bcryptOf(15),
    bcryptOf(3),
    bcryptOf(10).replace('$2y$', '$2x$'),
    bcryptOf(10).replace('O', 'P'),
    argon2id.replace('m=19456', 'm=65536'),
    argon2id.replace('argon2id', 'argon2i'),
    `${argon2id}=`,
  ]

  assert.deepEqual(
    taken.map(isPasswordHash),
    taken.map(() => true),
  )
  assert.deepEqual(
    refused.map(isPasswordHash),
    refused.map(() => false),
  )
})
