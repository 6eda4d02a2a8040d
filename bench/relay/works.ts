// The process under test: does what it is told on its core, and says what it cost.
import { createSecretKey } from 'node:crypto'
import { memoryStore } from '@munjigi/store/memory'
import { redisStore } from '@munjigi/store/redis'
import { SignJWT } from 'jose'
import { type Done, repeat } from '../work.ts'
import { callbackWorks } from './callbacks.ts'
import { callWorks } from './calls.ts'
import { keepAliveRun } from './keep-alive.ts'
import type { IssuerKey } from './keycloak-tokens.ts'

export interface Setup {
  key: IssuerKey
  gatewayUrl: string
  redisUrl: string | undefined
}

/** By name: what is done `count` times, or for `keepAlive` how many people are due. */
export interface Assignment {
  work:
    | 'links'
    | 'callbacks'
    | 'callbacksInRedis'
    | 'bareCallbacks'
    | 'calls'
    | 'firstCalls'
    | 'bareCalls'
    | 'keepAlive'
    | 'keepAliveTwice'
  count: number
}

const setUp = async ({ key, gatewayUrl, redisUrl }: Setup) => {
  const memory = memoryStore()
  const redis = redisUrl === undefined ? memory : redisStore(redisUrl, `bench:${process.pid}:`)
  const callbacks = callbackWorks(key, { memory, redis })
  const calls = await callWorks(key, gatewayUrl)
  return {
    links: signLinks,
    callbacks: (count: number) => callbacks.verified('memory', count),
    callbacksInRedis: (count: number) => callbacks.verified('redis', count),
    bareCallbacks: callbacks.bare,
    calls: calls.as,
    firstCalls: calls.asNew,
    bareCalls: calls.bare,
    keepAlive: (due: number) => keepAliveRun(key, due, 1),
    keepAliveTwice: (due: number) => keepAliveRun(key, due, 2),
    async close() {
      await calls.close()
      await Promise.all([memory.close(), redis.close()])
    },
  }
}

/** jose alone, signing what a login link says. */
function signLinks(count: number): Promise<Done> {
  const key = createSecretKey('bench-0123456789-abcdefghijklmnopqrstuvwxyz', 'utf8')
  const now = Math.floor(Date.now() / 1000)
  return repeat(count, 1, (index) => {
    const claims = {
      iss: 'https://relay.example',
      aud: 'https://relay.example/login',
      iat: now,
      nbf: now,
      exp: now + 600,
      jti: `7b6cd6a8-5d0b-4f4e-9d59-${String(index).padStart(12, '0')}`,
      chatbot_user_id: '사용자-1',
      callback_url: 'https://chatbot.example/users/callback',
      client_key: 'kakao-bot',
    }
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key)
  })
}

let works: Awaited<ReturnType<typeof setUp>>

// A database or a store of its own is left as it was found.
process.once('SIGTERM', async () => {
  await works?.close()
  process.exit()
})

process.on('message', async (message: Setup | Assignment) => {
  if ('work' in message) process.send?.(await works[message.work](message.count))
  else {
    works = await setUp(message)
    process.send?.('ready')
  }
})
