import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { redisStore } from './redis.ts'
import type { Store } from './store.ts'

/** A second is what a caller is promised; a busy machine is given twice that, and the time in which it stands still. */
async function untilLate() {
  for (let step = 0; step < 40; step += 1) await pause(50)
  return 'silence'
}

/** Fails unless `work` is refused in time. */
async function failsInTime(work: Promise<unknown>) {
  const refused = work.then(
    () => 'success',
    (reason: Error) => reason,
  )
  const outcome = await Promise.race([refused, untilLate()])
  assert.ok(outcome instanceof Error, `expected a failure within a second, got ${String(outcome)}`)
}

const everyCommand = (store: Store) => [
  store.get('k'),
  store.set('k', 'v', 1_000),
  store.add('k', 'v', 1_000),
  store.replace('k', 'v', 'w', 1_000),
  store.take('k'),
  store.remove('k'),
  store.admit([{ key: 'n', max: 1_000, windowMs: 1_000 }]),
  store.giveBack({ admitted: ['n'], forgotten: [] }),
  store.lease('k', 1_000),
  store.publish('c', 'm'),
  store.isAlive(),
]

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a first start without Redis neither ends the process nor hangs, and no value is in the error', async () => {
  const server = createServer()
  const store = redisStore(await listen(server).finally(() => server.close()))

  await Promise.all(everyCommand(store).map(failsInTime))
  await Promise.all(everyCommand(store).map(failsInTime))
  await assert.rejects(store.set('k', 'secret', 1_000), (error) => !JSON.stringify(error).includes('secret'))
  await store.subscribe('c', { message() {} })
  await store.close()
})

test('a first start with a Redis that accepts and says nothing neither hangs', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket))
  const store = redisStore(await listen(server))

  await Promise.all(everyCommand(store).map(failsInTime))
  await store.subscribe('c', { message() {} })
  await store.close()
  for (const socket of sockets) socket.destroy()
  server.close()
})

// A Redis of the test's own, since stopping the shared one would stop the other suites.
const needsRedis = { skip: process.env.MUNJIGI_TEST_REDIS_URL ? false : 'MUNJIGI_TEST_REDIS_URL is not set' }

async function startRedis(socketPath: string): Promise<ChildProcess> {
  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', socketPath, '--save', ''])
  for await (const chunk of redis.stdout) if (String(chunk).includes('ready to accept connections')) break
  return redis
}

async function stopRedis(redis: ChildProcess) {
  if (redis.exitCode !== null || redis.signalCode !== null) return
  redis.kill('SIGKILL')
  await once(redis, 'exit')
}

/** Listens, and lets the test await the next time a thing is told. */
function listener() {
  const told: string[] = []
  let wake = () => {}
  const tell = (what: string) => {
    told.push(what)
    wake()
  }
  return {
    told,
    message: (text: string) => tell(text),
    ready: () => tell('ready'),
    lost: () => tell('lost'),
    async until(count: number) {
      while (told.length < count) await new Promise<void>((resolve) => (wake = resolve))
    },
  }
}

async function openRedis(t: TestContext) {
  const folder = await mkdtemp(`${tmpdir()}/munjigi-redis-`)
  const socketPath = `${folder}/redis.sock`
  const running: ChildProcess[] = []
  const start = async () => {
    const redis = await startRedis(socketPath)
    running.push(redis)
    return redis
  }
  const redis = await start()
  const store = redisStore(socketPath)
  t.after(async () => {
    await store.close()
    await Promise.all(running.map(stopRedis))
    await rm(folder, { recursive: true })
  })
  return { store, socketPath, redis, start }
}

/** Commands and messages reconnect separately: that one is back says nothing of the other. */
async function untilHeard(store: Store, told: string[]) {
  while (!told.includes('hello')) {
    await store.publish('c', 'hello').catch(() => {})
    await pause(10)
  }
}

test(
  'a frozen Redis fails commands in time; its subscription is lost, and ready after the thaw',
  needsRedis,
  async (t) => {
    const { store, redis } = await openRedis(t)
    const heard = listener()
    await store.subscribe('c', heard)

    redis.kill('SIGSTOP')
    await Promise.all(everyCommand(store).map(failsInTime))
    await heard.until(2)
    await Promise.all(everyCommand(store).map(failsInTime))
    redis.kill('SIGCONT')
    await heard.until(3)
    await untilHeard(store, heard.told)

    assert.deepEqual(heard.told.slice(0, 3), ['ready', 'lost', 'ready'])
  },
)

test('a Redis that dies and comes back is used again, and the subscription made anew', needsRedis, async (t) => {
  const { store, redis, start } = await openRedis(t)
  const heard = listener()
  await store.subscribe('c', heard)

  await stopRedis(redis)
  await heard.until(2)
  await Promise.all(everyCommand(store).map(failsInTime))
  await start()
  await heard.until(3)
  await untilHeard(store, heard.told)

  assert.deepEqual(heard.told.slice(0, 3), ['ready', 'lost', 'ready'])
})

test('a Redis that takes no writes is not alive', needsRedis, async (t) => {
  const { store, socketPath } = await openRedis(t)
  const admin = new Redis(socketPath)
  await admin.replicaof('127.0.0.1', 1)
  admin.disconnect()

  await failsInTime(store.isAlive())
})

/** This process does nothing for a while, as when a thousand requests come at once. */
const standStill = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

/** Limits of less than a second are met by a server that is only busy, too: what is asserted is so at least once in ten times. */
async function onceInTen(work: () => Promise<void>): Promise<void> {
  for (let left = 9; left > 0; left -= 1)
    try {
      return await work()
    } catch {
      // The tenth time tells.
    }
  await work()
}

test('a process that stood still itself calls no Redis silent that has answered', needsRedis, async (t) => {
  const { socketPath } = await openRedis(t)
  await onceInTen(async () => {
    const [store, opened] = [redisStore(socketPath), redisStore(socketPath)]
    try {
      const heard = listener()
      await store.subscribe('c', heard)
      await store.set('k', 'v', 60_000)
      const answers = [...everyCommand(store), opened.get('k')]
      standStill(1_200)
      await Promise.all(answers)
      await pause(0)

      assert.deepEqual(heard.told.slice(0, 1), ['ready'])
      assert.ok(!heard.told.includes('lost'))
    } finally {
      await Promise.all([store.close(), opened.close()])
    }
  })
})
