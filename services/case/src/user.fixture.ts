import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as readAll } from 'node:stream/consumers'
import { INTERNAL_USER_PATH } from '@munjigi/contracts/access'
import {
  type CaseRole,
  type CaseRoleGrant,
  CaseRolesQuery,
  NewCaseRole,
  WithdrawnCaseRole,
} from '@munjigi/contracts/case-roles'
import { X_INTERNAL_KEY } from '@munjigi/contracts/headers'
import { answer, refuse } from '@munjigi/testing/played-service'
import { testUpstream } from '@munjigi/testing/upstream'
import type { Static } from 'typebox'
import { Check } from 'typebox/value'

/** `text` is the body, read whole. */
type Listener = (request: IncomingMessage, response: ServerResponse, text: string) => unknown
type Grant = CaseRoleGrant & { tenant_id: string }

/** Plays user's routes under `case-roles` over HTTP, as strictly as their contract. */
export async function testCaseRoles(internalKey: string, changed: (sub: string) => Promise<void>) {
  const tenants = new Map<string, string>()
  let grants: Grant[] = []
  const withdrawals: Static<typeof WithdrawnCaseRole>[] = []
  let instead: Listener | undefined

  const upstream = await testUpstream(async (request, response) => {
    const text = await readAll(request)
    await (instead ?? play)(request, response, text)
  })

  async function play(request: IncomingMessage, response: ServerResponse, text: string) {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://user')
    const query = Object.fromEntries(searchParams)
    if (request.headers[X_INTERNAL_KEY] !== internalKey) return refuse(response, 401, 'internal-key-invalid')
    if (pathname !== `${INTERNAL_USER_PATH}/case-roles`) return refuse(response, 404, 'not-found')
    if (request.method === 'GET') return list(response, query)
    if (request.method === 'PUT') return put(response, JSON.parse(text))
    return remove(response, query)
  }

  function list(response: ServerResponse, query: object) {
    if (!Check(CaseRolesQuery, query)) return refuse(response, 400, 'invalid-request')
    const found =
      'sub' in query
        ? grants.filter(({ sub }) => sub === query.sub)
        : grants.filter(({ case_id, tenant_id }) => case_id === query.case_id && tenant_id === query.tenant_id)
    return answer(
      response,
      found.map(({ tenant_id, ...grant }) => grant),
    )
  }

  async function put(response: ServerResponse, body: unknown) {
    if (!Check(NewCaseRole, body)) return refuse(response, 400, 'invalid-request')
    const { actor, ...grant } = body
    if (tenants.get(grant.sub) !== grant.tenant_id) return refuse(response, 404, 'unknown-person')
    set(grant)
    await changed(grant.sub)
    return answer(response, body)
  }

  async function remove(response: ServerResponse, query: object) {
    if (!Check(WithdrawnCaseRole, query)) return refuse(response, 400, 'invalid-request')
    grants = grants.filter(({ case_id, sub }) => case_id !== query.case_id || sub !== query.sub)
    withdrawals.push(query)
    await changed(query.sub)
    return response.writeHead(204).end()
  }

  function set(grant: Grant) {
    grants = grants.filter(({ case_id, sub }) => case_id !== grant.case_id || sub !== grant.sub)
    grants.push(grant)
  }

  return {
    url: upstream.url,
    requests: upstream.requests,
    /** Oldest first. */
    withdrawals,
    addPerson: (sub: string, tenantId: string) => void tenants.set(sub, tenantId),
    /** As if it had been there all along: nobody is told. */
    setGrants: (given: Grant[]) => given.forEach(set),
    grantsOf: (caseId: string): [string, CaseRole][] =>
      grants.filter(({ case_id }) => case_id === caseId).map(({ sub, role }) => [sub, role]),
    allCases: () => [...new Set(grants.map(({ case_id }) => case_id))],
    /** Answers in place of the service (an error, silence) until called with nothing; `play` answers as it would. */
    answerWith(listener?: Listener) {
      instead = listener
    },
    play,
    close: upstream.close,
  }
}
