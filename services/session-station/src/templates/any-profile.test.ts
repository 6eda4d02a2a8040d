import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { testService } from '../service.fixture.ts'

const service = await testService()
after(service.close)

const name = fc.constantFrom('a', 'password', 'grant_type', '$slot', 'constructor', 'x.y', '0', '')
const query = fc.constantFrom('key', 'password', '$slot', 'constructor')
const mark = fc.constantFrom({ $secret: 'missing' }, { $template: '{region}' }, { $template: 'key-{region}' })
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('password', 'refresh_token', 'ENC(x)', '{token}', 'Bearer {region}'),
)
const scalar = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null))
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    scalar,
    mark,
    fc.constant({ $slot: 'a' }),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
  ),
}))
const request = fc.record(
  {
    url: fc.constantFrom(
      'https://a.example/login',
      'https://u:p@b.example/x?key=1&key=2&e=',
      'https://a.example/{region}',
    ),
    headers: fc.record(
      { accept: text, 'X-Key': fc.oneof(text, mark), Authorization: fc.oneof(text, mark) },
      { requiredKeys: [] },
    ),
    query: fc.dictionary(query, fc.oneof(scalar, mark, fc.array(scalar, { maxLength: 2 })), { maxKeys: 3 }),
    payload: fc.dictionary(name, tree, { maxKeys: 4 }),
  },
  { requiredKeys: ['url'] },
)
const profile = fc
  .tuple(request, fc.array(request, { maxLength: 2 }), fc.option(request), fc.string({ minLength: 1, maxLength: 20 }))
  .map(([login, steps, refresh, title]) => ({
    service_id: 'any',
    name: title,
    auth_type: 'any',
    login_config: { ...login, steps },
    extraction_rules: [
      { name: 'token', source: 'body', key_path: 'token' },
      { name: 'region', source: 'fixed', value: 'kr' },
    ],
    injection_rules: [],
    refresh_config: refresh,
  }))

/** Each masked secret of an answered profile. */
const countSecrets = (value: unknown): number =>
  JSON.stringify(value).match(/\{"\$secret":"(set|missing)"\}/g)?.length ?? 0

test('whatever profile can be saved can be shared and taken, with a slot for each secret, or is refused as 400', async () => {
  let runs = 0
  let taken = 0
  await fc.assert(
    fc.asyncProperty(profile, async (given) => {
      runs += 1
      const owner = service.as(`owner-${runs}`)
      const made = await owner('POST', '/auth-profiles', given)
      assert.ok([201, 400].includes(made.statusCode), made.body)
      if (made.statusCode === 400) return
      const shared = await owner('POST', '/auth-profile-store/upload', { service_id: 'any' })
      assert.ok([201, 400].includes(shared.statusCode), shared.body)
      if (shared.statusCode === 400) return
      const { template_id, slots } = shared.json()
      const answer = await service.as(`taker-${runs}`)('POST', `/auth-profile-store/download/${template_id}`)

      assert.equal(answer.statusCode, 201, answer.body)
      const places = slots.flatMap((slot: { places: string[] }) => slot.places)
      assert.deepEqual(places.toSorted(), answer.json().profile.missing_secrets.toSorted())
      assert.ok(countSecrets(made.json()) >= places.length)
      taken += 1
    }),
    { numRuns: 150 },
  )

  assert.ok(taken > 20, `only ${taken} of ${runs}`)
})
