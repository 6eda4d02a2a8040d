import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '@munjigi/problem'
import fc from 'fast-check'
import { runGateway } from '../gateway.fixture.ts'
import type { Limit } from '../table/limits.ts'
import type { Principal } from './principal.ts'
import { callerOf, RateLimits } from './rate-limits.ts'

const limit = (perSecond: number, burst: number, by: Limit['by'] = 'person'): Limit => ({
  id: `${perSecond} ${burst} ${by}`,
  perSecond,
  burst,
  by,
})

function clocked() {
  let now = 1_000_000
  const limits = new RateLimits(() => now)
  return {
    pass: (ms: number) => {
      now += ms
    },
    knock: (of: Limit, caller = 'kim') => {
      try {
        limits.require(of, caller)
        return 'ok'
      } catch (error) {
        return `${(error as Problem).status} after ${(error as Problem).headers['retry-after']} s`
      }
    },
  }
}

test('a burst passes, then as many as come back in the time that has passed, and each caller is counted apart', () => {
  const { knock, pass } = clocked()
  const five = limit(2, 5)

  assert.deepEqual(
    Array.from({ length: 6 }, () => knock(five)),
    ['ok', 'ok', 'ok', 'ok', 'ok', '429 after 1 s'],
  )
  assert.equal(knock(five, 'lee'), 'ok')
  pass(500)
  assert.deepEqual([knock(five), knock(five)], ['ok', '429 after 1 s'])
  pass(60_000)
  assert.deepEqual(Array.from({ length: 6 }, () => knock(five)).filter((answer) => answer === 'ok').length, 5)
})

test('whoever waits as long as they are told gets through', () => {
  const { knock, pass } = clocked()
  const slow = limit(0.1, 1)

  assert.deepEqual([knock(slow), knock(slow)], ['ok', '429 after 10 s'])
  pass(10_000)
  assert.equal(knock(slow), 'ok')
})

test('never more than burst and rate allow, in any stretch of time, however callers pause', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 2 })), {
    maxLength: 200,
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 10 }), steps, (perSecond, burst, pauses) => {
      const { knock, pass } = clocked()
      const passed: [caller: number, at: number][] = []
      let at = 0
      for (const [pause, caller] of pauses) {
        at += pause
        pass(pause)
        if (knock(limit(perSecond, burst), `c${caller}`) === 'ok') passed.push([caller, at])
      }
      for (const [index, [caller, from]] of passed.entries()) {
        const own = passed.slice(index).filter(([other]) => other === caller)
        for (const [count, [, until]] of own.entries())
          assert.ok(count + 1 <= burst + ((until - from) * perSecond) / 1000 + 1e-6)
      }
    }),
    { numRuns: 200 },
  )
})

test('a flood of callers costs bounded memory and gains nothing', () => {
  const { knock } = clocked()
  const one = limit(0.001, 1)
  for (let index = 0; index < 100_000; index += 1) knock(one, `address ${index}`)

  assert.deepEqual([knock(one, 'new'), knock(one, 'newer')], ['ok', '429 after 1000 s'])
  assert.equal(knock(one, 'address 7'), '429 after 1000 s')
})

test('a person is one caller with whatever token, a key is one where keys are counted, and nobody is an address', () => {
  const token = (subject: string, sid: string) => ({ subject, sid }) as Principal['token']
  const from = (principal: Partial<Principal> | undefined, callerAddress = '10.0.0.1') => ({
    principal: principal as Principal | undefined,
    callerAddress,
  })
  const login = { own: token('kim', 's1'), token: token('kim', 's1') }
  const key = { own: undefined, token: token('kim', 'k1') }

  assert.deepEqual(
    [login, key, undefined].map((who) => callerOf(limit(1, 1, 'person'), from(who as Partial<Principal>))),
    ['person kim', 'person kim', 'address 10.0.0.1'],
  )
  assert.deepEqual(
    [login, key].map((who) => callerOf(limit(1, 1, 'key'), from(who as Partial<Principal>))),
    ['person kim', 'key k1'],
  )
  assert.equal(callerOf(limit(1, 1, 'address'), from(login as Partial<Principal>)), 'address 10.0.0.1')
})

test('addresses of one IPv6 network are one caller', () => {
  const of = (address: string) => callerOf(limit(1, 1, 'address'), { principal: undefined, callerAddress: address })

  assert.equal(of('2001:db8:0:7::1'), of('2001:db8:0:7:1:2:3:4'))
  assert.notEqual(of('2001:db8:0:7::1'), of('2001:db8:0:8::1'))
})

const settings = (limits: string) => `
    modules:
      - meal:
          ${limits}
          rules:
            - { path: /open, access: open, limits: { requests_per_second: 0.01, burst: 2 } }
            - { path: /public, access: public }
            - { path: /own, limits: { requests_per_second: 0.01, burst: 1 } }`
const withLimits = (limits: string) => (text: string) =>
  text.replace(/\n {4}modules:\n {6}- meal:[\s\S]*$/, settings(limits))

test('the door refuses with 429, says when to come back, and nothing of it reaches the service', async (t) => {
  const gateway = await runGateway(t)
  await gateway.rewrite(withLimits('limits: { requests_per_second: 0.01, burst: 3 }'))
  const authorization = gateway.bearer()
  const ask = async (path: string, headers: Record<string, string> = { authorization }) => {
    const answer = await fetch(`${gateway.url}/api/meal${path}`, { headers })
    const body = await answer.text()
    return [answer.status, answer.status === 429 ? JSON.parse(body).type : body, answer] as const
  }
  const statuses = async (path: string, times: number, headers?: Record<string, string>) => {
    const found: number[] = []
    for (let index = 0; index < times; index += 1) found.push((await ask(path, headers))[0])
    return found
  }

  // Both rules without a limit of their own share the module's.
  assert.deepEqual([...(await statuses('/x', 2)), ...(await statuses('/public', 2))], [200, 200, 200, 429])
  const [status, type, { headers }] = await ask('/x')
  assert.deepEqual([status, type], [429, '/problems/too-many-requests'])
  const waited = Number(headers.get('retry-after'))
  assert.ok(Number.isInteger(waited) && waited > 0 && waited <= 100, String(waited))
  assert.deepEqual(
    ['limit', 'remaining', 'reset', 'policy'].map((name) => headers.get(`ratelimit-${name}`)),
    ['3', '0', String(waited), '3;w=300'],
  )
  assert.deepEqual(await statuses('/own', 2), [200, 429])
  // Another person, and nobody, are others.
  assert.deepEqual(await statuses('/x', 1, { authorization: gateway.bearer({ sub: 'other' }) }), [403])
  assert.deepEqual(await statuses('/public', 4, {}), [200, 200, 200, 429])
  // The open rule counts the address, whoever claims to come.
  assert.deepEqual([...(await statuses('/open', 2)), ...(await statuses('/open', 1, {}))], [200, 200, 429])
  assert.equal(gateway.seen.length, 3 + 1 + 3 + 2)
  // What was counted goes on across a reload that changes something else, and begins anew where the limit changes.
  await gateway.rewrite(
    (text) => `${withLimits('limits: { requests_per_second: 0.01, burst: 3 }')(text)}\nallowed_origins: []\n`,
  )
  assert.equal((await ask('/x'))[0], 429)
  await gateway.rewrite(withLimits('limits: { requests_per_second: 0.02, burst: 3 }'))
  assert.equal((await ask('/x'))[0], 200)
})
