import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connections } from './connections.ts'

test('a connection belongs to one request until it is given back, and there are never more than may be', async () => {
  const connections = new Connections('http://127.0.0.1:9', 2, {})
  const [one, other] = [connections.take(), connections.take()]
  assert.ok(one && other && one !== other)
  assert.equal(connections.take(), undefined)
  connections.give(other)

  assert.equal(connections.take(), other)
  assert.equal(connections.take(), undefined)
  await connections.destroy()
})

test('after the end nobody gets one, not even one that is given back', async () => {
  const connections = new Connections('http://127.0.0.1:9', 2, {})
  const one = connections.take()
  assert.ok(one)
  await connections.close()
  connections.give(one)

  assert.equal(connections.take()?.closed, true)
})
