import { AsyncLocalStorage } from 'node:async_hooks'

const ANSWER_LIMIT_BYTES = 1024 * 1024

/** The answers that one piece of work has had so far, by question. */
interface Work {
  answers: Map<string, { status: number; headers: Headers; body: string }>
  heard: ((body: string) => void) | undefined
}

const works = new AsyncLocalStorage<Work>()

/** Runs work that sends each of its POSTs only once, however often it starts over. */
export const askingOnce = <T>(heard: Work['heard'], work: () => T): T => works.run({ answers: new Map(), heard }, work)

/**
 * `fetch` within such work: a code or a rotating refresh token works only once, so the answer is kept and given again.
 * @throws TypeError, as `fetch` does, for an answer above 1 MB too
 */
export async function fetchOnce(url: string, init: RequestInit): Promise<Response> {
  const work = init.method === 'POST' ? works.getStore() : undefined
  const question = `${url}\n${init.body}`
  const known = work?.answers.get(question)
  if (known !== undefined) return responseOf(known)
  const { status, headers, body } = await fetch(url, init)
  const answer = { status, headers, body: await textOf(body) }
  work?.answers.set(question, answer)
  work?.heard?.(answer.body)
  return responseOf(answer)
}

/** Counted as it is read, unpacked: a small answer may grow to any size. */
async function textOf(body: Response['body']): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_LIMIT_BYTES) throw new TypeError('the answer is larger than 1 MB')
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** RFC 9110 §15: some answers have no body, and `Response` insists on it. */
function responseOf({ status, headers, body }: { status: number; headers: Headers; body: string }): Response {
  return new Response(body === '' ? null : body, { status, headers })
}
