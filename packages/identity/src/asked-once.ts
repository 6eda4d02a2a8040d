import { AsyncLocalStorage } from 'node:async_hooks'

/** What one piece of work has asked so far, by question. */
interface Work {
  answers: Map<string, { status: number; headers: Headers; body: string }>
  heard: ((body: string) => void) | undefined
}

const works = new AsyncLocalStorage<Work>()

/** Runs work whose POSTs are each asked once, however often it begins anew. */
export const askingOnce = <T>(heard: Work['heard'], work: () => T): T => works.run({ answers: new Map(), heard }, work)

/** `fetch` within such work: a code or a rotating refresh token works once, so its answer is kept instead of asked for again. */
export async function fetchOnce(url: string, init: RequestInit): Promise<Response> {
  const work = works.getStore()
  if (work === undefined || init.method !== 'POST') return fetch(url, init)
  const question = `${url}\n${init.body}`
  const known = work.answers.get(question)
  if (known !== undefined) return responseOf(known)
  const response = await fetch(url, init)
  const answer = { status: response.status, headers: response.headers, body: await response.text() }
  work.answers.set(question, answer)
  work.heard?.(answer.body)
  return responseOf(answer)
}

/** RFC 9110 §15: some answers have no body, and `Response` insists on it. */
function responseOf({ status, headers, body }: { status: number; headers: Headers; body: string }): Response {
  return new Response(body === '' ? null : body, { status, headers })
}
