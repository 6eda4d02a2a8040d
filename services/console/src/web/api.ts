import type { Me, PeoplePage, Person, Preferences } from '@munjigi/contracts/people'
import { ApiProblem, readProblem } from './problem.ts'
import type { Session } from './session/session.ts'

export type Api = ReturnType<typeof createApi>
type Calls = Pick<Session, 'token' | 'refresh'>

const PAGE_SIZE = 50

/** The calls of the console, each with the token of now; one that was refused is renewed and tried once more. */
export function createApi(session: Calls, fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis)) {
  async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    let response = await send(method, path, body)
    if (response.status === 401 && (await session.refresh())) response = await send(method, path, body)
    if (!response.ok) throw await readProblem(response)
    return (await response.json()) as Answer
  }

  async function send(method: string, path: string, body: object | undefined): Promise<Response> {
    const token = await session.token()
    if (token === undefined) throw new ApiProblem(401, 'token-missing')
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) }
    return fetch(`/api/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  }

  const person = (sub: string) => `admin/v1/people/${encodeURIComponent(sub)}`
  return {
    me: () => call<Me>('GET', 'auth/v1/me'),
    prefer: (preferences: Preferences) => call<Me>('PATCH', 'auth/v1/me', preferences),
    listWaiting: (cursor: string | undefined) => {
      const query = new URLSearchParams({ role: 'PENDING', status: 'active', limit: String(PAGE_SIZE) })
      if (cursor !== undefined) query.set('cursor', cursor)
      return call<PeoplePage>('GET', `admin/v1/people?${query}`)
    },
    approve: (sub: string) => call<Person>('POST', `${person(sub)}/approve`),
    reject: (sub: string) => call<Person>('POST', `${person(sub)}/reject`),
  }
}
