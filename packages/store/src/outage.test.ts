import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { redisStore } from './redis.ts'
import type { Store } from './store.ts'

/** Fails unless `work` is refused within a second, which is what a caller is promised. */
async function failsInTime(work: Promise<unknown>) {
  const outcome = await Promise.race([
    work.then(
      () => 'success',
      (reason: Error) => reason,
    ),
    new Promise((resolve) => setTimeout(resolve, 1_000, 'silence')),
  ])
  assert.ok(outcome instanceof Error, `expected a failure within a second, got ${String(outcome)}`)
}

const everyCommand = (store: Store) => [
  store.get('k'),
  store.set('k', 'v', 1_000),
  store.add('k', 'v', 1_000),
  store.take('k'),
  store.remove('k'),
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

async function withRedis(work: (redis: ChildProcess, store: Store, socketPath: string) => Promise<ChildProcess>) {
  const folder = await mkdtemp(`${tmpdir()}/munjigi-redis-`)
  const socketPath = `${folder}/redis.sock`
  const redis = await startRedis(socketPath)
  const store = redisStore(socketPath)
  const last = await work(redis, store, socketPath)
  await store.close()
  await stopRedis(last)
  await rm(folder, { recursive: true })
}

test(
  'a frozen Redis fails commands in time; its subscription is lost, and ready again after the thaw',
  needsRedis,
  async () => {
    await withRedis(async (redis, store) => {
      const heard = listener()
      await store.subscribe('c', heard)
      await store.set('k', 'v', 60_000)

      redis.kill('SIGSTOP')
      await Promise.all(everyCommand(store).map(failsInTime))
      await heard.until(2)
      await Promise.all(everyCommand(store).map(failsInTime))
      redis.kill('SIGCONT')
      await heard.until(3)
      await store.publish('c', 'hello')
      await heard.until(4)

      assert.deepEqual(heard.told, ['ready', 'lost', 'ready', 'hello'])
      await store.isAlive()
      return redis
    })
  },
)

test('a Redis that dies and comes back is used again, and the subscription made anew', needsRedis, async () => {
  await withRedis(async (redis, store, socketPath) => {
    const heard = listener()
    await store.subscribe('c', heard)
    await stopRedis(redis)
    await heard.until(2)
    await Promise.all(everyCommand(store).map(failsInTime))

    const again = await startRedis(socketPath)
    await heard.until(3)
    await store.publish('c', 'hello')
    await heard.until(4)

    assert.deepEqual(heard.told, ['ready', 'lost', 'ready', 'hello'])
    return again
  })
})

test('a Redis that takes no writes is not alive', needsRedis, async () => {
  await withRedis(async (redis, store, socketPath) => {
    const admin = spawn('redis-cli', ['-s', socketPath, 'replicaof', '127.0.0.1', '1'])
    await once(admin, 'exit')

    await failsInTime(store.isAlive())
    return redis
  })
})
