import { Agent, type Dispatcher, request } from 'undici'

interface Answer<Body> {
  status: number
  /** Of a refusal, without `/problems/`. */
  problem: string | undefined
  headers: Dispatcher.ResponseData['headers']
  /** The caller says of what shape; an empty or textual answer is a string. */
  body: Body
}

interface Question {
  token?: string
  body?: unknown
  headers?: Record<string, string>
}

export interface Caller {
  ask<Body = unknown>(method: Dispatcher.HttpMethod, path: string, question?: Question): Promise<Answer<Body>>
  close(): Promise<void>
}

/** Within this the house has answered, whatever is wrong with it and however busy the machine; what comes later is no answer. */
const PATIENCE_MS = 10_000

/** Somebody outside, who takes a gateway's answers as they are. */
export function caller(origin: string, ca?: Buffer): Caller {
  const dispatcher = new Agent({ connections: 100, ...(ca && { connect: { ca } }) })
  return {
    async ask<Body>(method: Dispatcher.HttpMethod, path: string, { token, body, headers }: Question = {}) {
      const answer = await request(new URL(path, origin), {
        method,
        dispatcher,
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return { status: answer.statusCode, headers: answer.headers, ...read<Body>(await answer.body.text()) }
    },
    close: () => dispatcher.destroy(),
  }
}

function read<Body>(text: string): Pick<Answer<Body>, 'body' | 'problem'> {
  const body = /^[{[]/.test(text) ? JSON.parse(text) : text
  return { body, problem: /^\/problems\/(.+)$/.exec(body?.type ?? '')?.[1] }
}
