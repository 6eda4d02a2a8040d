import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureOf, get, testEgress, testNameServer } from './egress.fixture.ts'
import { resolverOf, systemResolver } from './resolvers.ts'

test('both kinds of address are found, IPv4 first, and one kind is enough', async (t) => {
  const nameServer = await testNameServer(t, ({ name, type }) => {
    if (name === 'both.test') return type === 'A' ? ['10.0.0.1', '10.0.0.2'] : ['fd00::1']
    if (name === 'six.test') return type === 'A' ? [] : ['fd00::1']
    if (name === 'half.test') return type === 'A' ? ['10.0.0.1'] : 'trouble'
    return undefined
  })
  const resolve = resolverOf([nameServer.address])

  assert.deepEqual(await resolve('both.test'), ['10.0.0.1', '10.0.0.2', 'fd00::1'])
  assert.deepEqual(await resolve('six.test'), ['fd00::1'])
  assert.deepEqual(await resolve('half.test'), ['10.0.0.1'])
  assert.deepEqual(await resolve('absent.test'), [])
})

test('a name server in trouble is an outage, a name that is not there is refused', async (t) => {
  const nameServer = await testNameServer(t, ({ name, type }) => {
    if (name === 'absent.test') return undefined
    return name === 'half.test' && type === 'A' ? [] : 'trouble'
  })
  const egress = testEgress(t, '', resolverOf([nameServer.address]))

  assert.equal(await failureOf(egress.request(get('http://trouble.test/'))), 'connection, not sent')
  assert.equal(await failureOf(egress.request(get('http://half.test/'))), 'connection, not sent')
  assert.equal(await failureOf(egress.request(get('http://absent.test/'))), 'address, not sent')
})

test('the machine resolves its own names, and what they lead to is refused', async (t) => {
  const egress = testEgress(t, '', systemResolver())

  assert.ok((await systemResolver()('localhost')).length > 0)
  for (const host of ['localhost', 'LOCALHOST', 'localhost.', 'a.localhost'])
    assert.equal(await failureOf(egress.request(get(`http://${host}/`))), 'address, not sent', host)
})

test('a name server is asked first, and one that never answers for a name holds up no other', async (t) => {
  const nameServer = await testNameServer(t, ({ name, type }) => {
    if (name.startsWith('silent')) return 'silence'
    return type === 'A' && name === 'known.test' ? ['10.0.0.1'] : undefined
  })
  const resolve = systemResolver(resolverOf([nameServer.address]))
  const silent = Array.from({ length: 20 }, (_, index) => resolve(`silent${index}.test`).catch(() => 'late'))
  const others = await Promise.all([resolve('known.test'), resolve('localhost')])
  const first = await Promise.race([...silent, 'still waiting'])

  assert.deepEqual(others[0], ['10.0.0.1'])
  assert.ok((others[1]?.length ?? 0) > 0)
  assert.equal(first, 'still waiting')
  assert.ok(nameServer.questions.every(({ name }) => name !== 'localhost'))
})
