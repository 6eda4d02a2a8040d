import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testIssuer } from '@munjigi/testing/issuer'
import { verifierFromEnv } from './service-verifier.ts'

test('a service trusts the user service and the issuers of its file, each by its own keys', async (t) => {
  const [user, company] = [await testIssuer({ issuer: 'https://gateway.example' }), await testIssuer()]
  const folder = await mkdtemp(join(tmpdir(), 'munjigi-'))
  const file = join(folder, 'services.yaml')
  await writeFile(
    file,
    `services: {}\nissuers:\n  - { issuer: '${company.issuer}', audiences: [munjigi], name: company }\n`,
  )
  const env = { PLATFORM_ISSUER: user.issuer, PLATFORM_AUDIENCE: 'munjigi', USER_URL: new URL('/', user.jwksUri).href }
  const [alone, both] = [verifierFromEnv(env), verifierFromEnv({ ...env, ISSUERS_FILE: file })]
  t.after(async () => {
    alone.close()
    both.close()
    await Promise.all([user.close(), company.close(), rm(folder, { recursive: true })])
  })

  assert.equal((await both.verify(user.token({ sub: 'lee' }))).subject, 'lee')
  assert.equal((await both.verify(company.token({ sub: 'lee' }))).subject, 'company|lee')
  await assert.rejects(alone.verify(company.token()), { status: 401, type: 'token-invalid' })
  await assert.rejects(both.verify(company.token({ iss: user.issuer })), { status: 401, type: 'token-invalid' })
})

test('a bad issuers file stops the start', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'munjigi-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'services.yaml')
  await writeFile(file, 'issuers:\n  - { issuer: sso.example.com, algorithms: [none] }\n')
  const env = {
    PLATFORM_ISSUER: 'https://a',
    PLATFORM_AUDIENCE: 'munjigi',
    USER_URL: 'http://user',
    ISSUERS_FILE: file,
  }

  assert.throws(() => verifierFromEnv(env), /issuers\/0\/issuer[\s\S]*issuers\/0\/algorithms\/0/)
  assert.throws(
    () => verifierFromEnv({ ...env, ISSUERS_FILE: join(folder, 'absent.yaml') }),
    /ISSUERS_FILE cannot be read/,
  )
})
