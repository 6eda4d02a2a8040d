import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, suite, test } from 'node:test'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { type TestHouse, testHouse } from './house.ts'

/** The program; infra/ci/services.sh installs it and says where. */
const PROGRAM = process.env.MUNJIGI_TEST_SCHEMATHESIS
const MODULES = ['auth', 'admin', 'meal', 'case', 'trace', 'auth-relay', 'kakao-bot', 'session-station']
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]
const EXAMPLES_PER_ROUTE = 8
/** What is found today is found again: news would refuse somebody else's change. */
const SEED = 20_261_121

let house: TestHouse

suite('every route, fuzzed from its own OpenAPI', { skip: !PROGRAM && 'MUNJIGI_TEST_SCHEMATHESIS is not set' }, () => {
  before(async () => {
    house = await testHouse()
  })
  after(() => house?.[Symbol.asyncDispose]())

  for (const module of MODULES)
    test(`${module}: no 5xx, and no answer that it does not describe`, { timeout: 600_000 }, async () => {
      // A session of its own, for some of what is tried ends it.
      const token = await house.door.signIn('admin.park', SEEDED_PASSWORD)
      const { code, output } = await schemathesis(token, `${house.addresses.gateway}/api/${module}/openapi.json`)
      assert.equal(code, 0, output)
    })
})

async function schemathesis(token: string, document: string): Promise<{ code: number; output: string }> {
  const args = [
    ...['run', document, '--url', house.addresses.gateway, '--tls-verify', house.certFile, '--no-color'],
    ...['--header', `Authorization: Bearer ${token}`, '--checks', CHECKS.join()],
    ...['--phases', 'examples,coverage,fuzzing', '--max-examples', String(EXAMPLES_PER_ROUTE), '--workers', '1'],
    ...['--seed', String(SEED), '--continue-on-failure', '--max-redirects', '0', '--request-timeout', '30'],
  ]
  // It keeps what it found in a folder where it stands.
  const child = spawn(PROGRAM as string, args, { cwd: house.folder })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const [code] = await once(child, 'close')
  return { code, output }
}
