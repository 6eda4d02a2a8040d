import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { PasswordResetLink } from '@munjigi/contracts/passwords'
import type { Me } from '@munjigi/contracts/people'
import type { SessionList } from '@munjigi/contracts/sessions'
import type { TokenAnswer } from '@munjigi/contracts/tokens'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { decodeJwt } from 'jose'
import { newAccount } from './chats.ts'
import type { TestHouse } from './house.ts'

const ELSEWHERE = '203.0.113.9'

/** Signing in without the company's IdP. */
export const passwords = (open: () => TestHouse) =>
  suite('passwords', () => {
    test("an administrator's link sets a password, and signing in with it opens what the person's rights open", async () => {
      const house = open()
      const administrator = await house.door.signIn('admin.park', SEEDED_PASSWORD)
      const { username, password } = await newAccount(house.provider)
      const { sub } = decodeJwt(await house.door.signIn(username, password))
      const administer = <Body>(path: string, body?: object) =>
        house.ask<Body>('POST', `/api/admin/v1/people/${sub}/${path}`, { token: administrator, body })
      const email = `${sub}@munjigi.test`
      await administer('approve')
      const link = await administer<PasswordResetLink>('password-reset', { email })
      const [, token] = link.body.reset_url.split('#token=')
      const new_password = `password of ${sub}`
      const set = await house.ask('POST', '/api/auth/v1/password-reset', { body: { token, new_password } })
      assert.equal(set.status, 204)

      for (const path of ['/api/auth/v1/login', '/api/v1/auth/login']) {
        const body = { email, password: new_password }
        const signedIn = await house.ask<TokenAnswer>('POST', path, { body, headers: { 'x-forwarded-for': ELSEWHERE } })
        const { access_token } = signedIn.body
        const me = await house.ask<Me>('GET', '/api/auth/v1/me', { token: access_token })
        const traces = await house.ask('GET', '/api/trace/v1/traces', { token: access_token })
        const listed = await house.ask<SessionList>('GET', '/api/auth/v1/sessions', { token: access_token })
        const current = listed.body.sessions.find((session) => session.current)

        assert.deepEqual([me.body.sub, traces.status, current?.way], [sub, 200, 'password'])
        assert.notEqual(current?.address, ELSEWHERE)
      }
      const wrong = await house.ask('POST', '/api/auth/v1/login', { body: { email, password: 'another-password' } })
      assert.deepEqual([wrong.status, wrong.problem], [401, 'credentials-invalid'])
    })
  })
