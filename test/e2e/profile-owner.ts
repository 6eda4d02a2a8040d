import assert from 'node:assert/strict'
import type { FrontDoor } from '@munjigi/embedded/front-door'
import { approve, grantProfiles } from '@munjigi/embedded/seed'
import { type Provider, SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { decodeJwt } from 'jose'
import type { Caller } from './caller.ts'
import { newAccount } from './chats.ts'

export const STATION = '/api/session-station/v1'

interface House {
  door: FrontDoor
  ask: Caller['ask']
  provider: Provider
}

/** Somebody new who may keep auth profiles, and what their agent asks with nothing but its token. */
export async function profileOwner({ door, ask, provider }: House) {
  const { username, password } = await newAccount(provider)
  const administrator = await door.signIn('admin.park', SEEDED_PASSWORD)
  await door.signIn(username, password)
  await approve(door, administrator, username)
  await grantProfiles(door, administrator, username)
  const token = await door.signIn(username, password)
  const asks = <Body>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, by = token) =>
    ask<Body>(method, STATION + path, { token: by, ...(body !== undefined && { body }) })
  return {
    token,
    sub: String(decodeJwt(token).sub),
    asks,
    async keeps(profiles: object[]): Promise<void> {
      for (const profile of profiles) {
        const { status, body } = await asks('POST', '/auth-profiles', profile)
        assert.equal(status, 201, JSON.stringify(body))
      }
    },
  }
}

export type ProfileOwner = Awaited<ReturnType<typeof profileOwner>>
