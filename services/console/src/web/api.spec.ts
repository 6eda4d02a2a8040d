import { expect, test } from 'vitest'
import { createApi } from './api.ts'

function apiWith(tokens: (string | undefined)[], ...answers: Response[]) {
  const sent: [path: string, authorization: string | undefined][] = []
  let refreshes = 0
  const session = {
    token: async () => tokens[refreshes],
    refresh: async () => {
      refreshes += 1
      return tokens[refreshes] !== undefined
    },
  }
  const api = createApi(session, async (path, init) => {
    sent.push([String(path), new Headers(init?.headers).get('authorization') ?? undefined])
    return answers.shift() ?? Response.error()
  })
  return { api, sent }
}
const problem = (status: number, type: string) =>
  Response.json({ type: `/problems/${type}`, request_id: 'r1' }, { status })

test('a refused token is renewed and the call repeated once', async () => {
  const { api, sent } = apiWith(['old', 'new'], problem(401, 'token-expired'), Response.json({ sub: 'kim' }))

  expect(await api.me()).toEqual({ sub: 'kim' })
  expect(sent.map(([, authorization]) => authorization)).toEqual(['Bearer old', 'Bearer new'])
})

test('a call that is refused twice, or cannot be renewed, fails with its problem', async () => {
  const twice = apiWith(['old', 'new'], problem(401, 'token-expired'), problem(401, 'session-ended'))
  const never = apiWith(['old', undefined], problem(401, 'token-expired'))

  await expect(twice.api.me()).rejects.toMatchObject({ status: 401, type: 'session-ended', requestId: 'r1' })
  await expect(never.api.me()).rejects.toMatchObject({ type: 'token-expired' })
})

test('nothing is sent without a token', async () => {
  const { api, sent } = apiWith([undefined])

  await expect(api.me()).rejects.toMatchObject({ type: 'token-missing' })
  expect(sent).toEqual([])
})

test('a subject is one segment of the path, whatever stands in it', async () => {
  const { api, sent } = apiWith(['t'], Response.json({}))
  await api.approve('company|a/../b?c')

  expect(sent[0]?.[0]).toBe('/api/admin/v1/people/company%7Ca%2F..%2Fb%3Fc/approve')
})

test('an answer that is no problem of ours keeps its status', async () => {
  const { api } = apiWith(['t'], new Response('<h1>Bad gateway</h1>', { status: 502 }))

  await expect(api.me()).rejects.toMatchObject({ status: 502, type: 'unknown' })
})
