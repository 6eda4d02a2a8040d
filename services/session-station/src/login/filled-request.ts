import type { EgressRequest } from '../egress/egress.ts'
import { headerValueFault } from '../injection/header-rules.ts'
import { fieldsOf } from '../injection/template.ts'
import type { LoginRequest, Tree } from '../profiles/profile.ts'
import { type Fields, filledText, filledTree, filledValue } from './filled.ts'
import { LoginError } from './login-error.ts'

const FORM = 'application/x-www-form-urlencoded'
// Beside dots, what a value may not bring into a path: WHATWG reads `\` as `/`, and servers decode %2F and %5C.
const PATH_VALUE = /^[^/\\]+$/
const DOT_SEGMENT = /^(\.|%2e){1,2}$/i

/** A request of a login as it is sent: payload as JSON, as a form, or in the query of a GET. */
export function filledRequest(
  request: LoginRequest,
  fields: Fields,
): Pick<EgressRequest, 'url' | 'method' | 'headers' | 'body'> {
  const url = filledUrl(request.url, fields)
  const headers = filledHeaders(request, fields)
  addParameters(url, request.query, fields)
  if (request.method === 'GET') {
    addParameters(url, request.payload, fields)
    return { url, method: request.method, headers }
  }
  const body = encodedPayload(request, headers, fields)
  return { url, method: request.method, headers, ...(body !== undefined && { body }) }
}

function encodedPayload(request: LoginRequest, headers: Fields, fields: Fields): string | undefined {
  if (headers['content-type']?.toLowerCase().startsWith(FORM)) {
    return new URLSearchParams(parameters(request.payload, fields)).toString()
  }
  if (request.method === 'DELETE' && Object.keys(request.payload).length === 0) return undefined
  headers['content-type'] ??= 'application/json'
  return JSON.stringify(filledTree(request.payload, fields))
}

function addParameters(url: URL, tree: Record<string, Tree>, fields: Fields): void {
  for (const [name, value] of parameters(tree, fields)) url.searchParams.append(name, value)
}

/** Lists repeat their name, null is left out, what is deeper goes as JSON. */
function parameters(tree: Record<string, Tree>, fields: Fields): [string, string][] {
  return Object.entries(tree).flatMap(([name, item]) =>
    (Array.isArray(item) ? item : [item])
      .map((value) => filledTree(value, fields))
      .filter((value) => value !== null)
      .map((value): [string, string] => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  )
}

function filledHeaders({ headers, userinfo }: LoginRequest, fields: Fields): Fields {
  const filled: Fields = { accept: 'application/json, */*', 'user-agent': 'munjigi-session-station' }
  if (userinfo !== undefined && userinfo !== null) {
    // RFC 7617 §2.1.
    filled.authorization = `Basic ${Buffer.from(String(filledValue(userinfo, fields))).toString('base64')}`
  }
  for (const [name, value] of Object.entries(headers)) {
    const text = filledValue(value, fields)
    if (text === null) continue
    const fault = headerValueFault(name, String(text))
    if (fault) throw new LoginError('refused', `${name}: ${fault}`)
    filled[name.toLowerCase()] = String(text)
  }
  return filled
}

function filledUrl(template: string, fields: Fields): URL {
  const named = fieldsOf(template)
  if (named.length === 0) return new URL(filledText(template, fields))
  const given = named.filter((name) => Object.hasOwn(fields, name))
  const filled = filledText(
    template,
    Object.fromEntries(given.map((name) => [name, pathValue(name, fields[name] ?? '')])),
  )
  if (filled.split('/').some((segment) => DOT_SEGMENT.test(segment))) {
    throw new LoginError('refused', 'a value would lead the path of the request elsewhere')
  }
  return new URL(filled)
}

function pathValue(name: string, value: string): string {
  if (PATH_VALUE.test(value) && value.isWellFormed()) return encodeURIComponent(value)
  throw new LoginError('refused', `the value of {${name}} is empty or holds a character that cannot stand in a path`)
}
