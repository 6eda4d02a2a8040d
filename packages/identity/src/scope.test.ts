import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInScope } from './scope.ts'

const PROXY = '/v1/proxy/tickets/x'

const cases: [scope: string[] | undefined, path: string, expected: boolean][] = [
  [undefined, PROXY, true],
  [[], PROXY, false],
  [['session-station'], PROXY, true],
  [['Session_Station'], PROXY, true],
  [['session-station:proxy'], PROXY, true],
  [['session-station:proxy'], '/proxy/tickets', true],
  [['meal', 'session-station:proxy'], PROXY, true],
  [['session-station:proxy'], '/v1/auth-profiles', false],
  [['session-station:proxy'], '/v1/proxy-settings', false],
  [['session-station:proxy'], '/v1/auth-profiles/proxy', false],
  [['session-station:proxy'], '', false],
  [['session-station:'], '', false],
  [['session-station:Proxy'], PROXY, false],
  [['session-station:v1'], PROXY, false],
  [['meal:proxy'], PROXY, false],
  [['session'], PROXY, false],
]

for (const [scope, path, expected] of cases)
  test(`scope ${scope?.join(' ') ?? 'of nobody'} ${expected ? 'reaches' : 'does not reach'} "${path}"`, () => {
    assert.equal(isInScope(scope, 'session-station', path), expected)
  })
