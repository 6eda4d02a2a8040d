import { readFileSync } from 'node:fs'
import { Problem, type ProblemBody } from '@munjigi/problem'
import { Pool } from 'undici'
import { Answer } from './answer.ts'

const DEFAULT_TIMEOUT_MS = 900
const MAX_CONNECTIONS = 32

interface ClientOptions {
  /** Where the service stands, for example `http://user:8000`. */
  baseUrl: string
  /** A PEM file of the authority that signed its certificate. */
  caFile?: string
  /** The whole call's deadline in milliseconds; 900 by default, so that a frozen service is known within a second. */
  timeoutMs?: number
  /** Sent with every call, for example `x-internal-key`. */
  headers?: Record<string, string>
}

export interface Client {
  get<T>(path: string, query?: Record<string, string>): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  put<T>(path: string, body: unknown): Promise<T>
  remove<T>(path: string, query?: Record<string, string>): Promise<T>
  close(): Promise<void>
}

const unavailable = (cause: unknown) =>
  new Problem(503, 'upstream-unavailable', 'A service we depend on does not answer', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '1' },
    cause,
  })

/**
 * Calls another service with a deadline. Its problem+json is thrown as the same Problem.
 * @throws Problem 503 `upstream-unavailable` where it is unreachable, too slow, or answers what is no JSON.
 */
export function createClient(options: ClientOptions): Client {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const ca = options.caFile === undefined ? undefined : readFileSync(options.caFile)
  const pool = new Pool(options.baseUrl, {
    connections: MAX_CONNECTIONS,
    connect: { timeout: timeoutMs, ...(ca !== undefined && { ca }) },
    allowH2: false,
  })
  const send = async <T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body: string | null) => {
    const headers = {
      accept: 'application/json',
      ...options.headers,
      ...(body !== null && { 'content-type': 'application/json' }),
    }
    const { status, text } = await Answer.to(pool, { method, path, headers, body }, timeoutMs).catch((cause) => {
      throw unavailable(cause)
    })
    return read<T>(status, text)
  }
  return {
    get: <T>(path: string, query?: Record<string, string>) => send<T>('GET', withQuery(path, query), null),
    post: <T>(path: string, body: unknown) => send<T>('POST', path, JSON.stringify(body)),
    put: <T>(path: string, body: unknown) => send<T>('PUT', path, JSON.stringify(body)),
    remove: <T>(path: string, query?: Record<string, string>) => send<T>('DELETE', withQuery(path, query), null),
    close: () => pool.close(),
  }
}

const withQuery = (path: string, query: Record<string, string> | undefined): string =>
  query === undefined ? path : `${path}?${new URLSearchParams(query)}`

function read<T>(status: number, text: string): T {
  let value: unknown
  try {
    value = text === '' ? undefined : JSON.parse(text)
  } catch (cause) {
    throw unavailable(cause)
  }
  if (status >= 200 && status < 300) return value as T
  if (isProblem(value)) throw problemOf(status, value)
  throw unavailable(new Error(`status ${status}`))
}

const isProblem = (value: unknown): value is ProblemBody =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as ProblemBody).type === 'string' &&
  typeof (value as ProblemBody).title === 'string'

const problemOf = (status: number, { type, title, detail }: ProblemBody): Problem =>
  new Problem(status, type.replace(/^\/problems\//, ''), title, detail === undefined ? {} : { detail })
