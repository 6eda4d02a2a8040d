import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { loginJar } from '../login/jar.ts'
import type { Context } from './context.ts'
import { contextsHouse, movedClock, refusalOf, renewing } from './house.fixture.ts'

const house = await contextsHouse()
const { outside, first } = house
const second = house.contexts()
after(house.close)
beforeEach(() => outside.reset())

const owner = 'lee'
const renewals = () => outside.count('/refresh')
const cookieOf = (context: Context) =>
  loginJar(context.jar, [outside.url]).headerFor(new URL('/data', outside.url)) ?? ''

test('one renewal follows a death that many report in two processes', async () => {
  const service = await house.profile({ refresh_config: renewing(outside.url) })
  const { context: dead } = await first.find(owner, service)
  const calls = Array.from({ length: 20 }, (_, index) => (index % 2 ? first : second).renewAfter(owner, service, dead))
  const renewed = await Promise.all(calls)

  assert.equal(renewals(), 1)
  for (const context of renewed) assert.notDeepEqual(context.headers, dead.headers)
  assert.deepEqual((await second.renewAfter(owner, service, dead)).headers, renewed[0]?.headers)
  assert.equal(renewals(), 1)
})

test('what dies again and again is left alone for a minute', async () => {
  const { now, move } = movedClock()
  const contexts = house.contexts({ now })
  const service = await house.profile({ refresh_config: renewing(outside.url) })
  let { context } = await contexts.find(owner, service)
  for (let round = 0; round < 5; round++) context = await contexts.renewAfter(owner, service, context)

  assert.equal(renewals(), 3)
  assert.equal(contexts.mayRenew(context), false)
  move(61)
  assert.equal(contexts.mayRenew(context), true)
  assert.ok((await contexts.renewAfter(owner, service, context)).login_number > context.login_number)
})

test('a death that cannot be mended is a refusal', async () => {
  const service = await house.profile()
  const { context } = await first.find(owner, service)
  outside.next({ answer: { status: 401 } })

  assert.equal((await refusalOf(first.renewAfter(owner, service, context))).type, 'target-login-failed')
  assert.equal((await refusalOf(second.renewAfter(owner, service, context))).type, 'target-login-failed')
  assert.equal(outside.count('/login'), 2)
})

test('cookies that the target sets later are sent from then on, in every process', async () => {
  const service = await house.profile()
  const { context } = await first.find(owner, service)
  const url = new URL('/data', outside.url)
  await first.keepCookies(owner, service, context, url, ['a=1; Path=/'])
  await second.keepCookies(owner, service, context, url, ['b=2; Path=/'])

  assert.equal(cookieOf((await first.find(owner, service)).context), 'a=1; b=2')
  assert.equal(outside.count('/login'), 1)
})

test('cookies set at the same time by two processes are all kept', async () => {
  const service = await house.profile()
  const { context } = await first.find(owner, service)
  const url = new URL('/data', outside.url)
  await Promise.all([
    first.keepCookies(owner, service, context, url, ['a=1; Path=/']),
    second.keepCookies(owner, service, context, url, ['b=2; Path=/']),
  ])

  assert.deepEqual(
    cookieOf((await second.find(owner, service)).context)
      .split('; ')
      .sort(),
    ['a=1', 'b=2'],
  )
})

test('cookies of an older login are not put into a newer one', async () => {
  const service = await house.profile()
  const { context: older } = await first.find(owner, service)
  await second.find(owner, service, { force: true })
  await first.keepCookies(owner, service, older, new URL('/data', outside.url), ['old=1; Path=/'])

  assert.equal(cookieOf((await first.find(owner, service)).context), '')
})
