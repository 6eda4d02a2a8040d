import { request } from 'undici'

const ANSWER_LIMIT_BYTES = 64 * 1024

interface Options {
  headers?: Record<string, string>
  signal: AbortSignal
}

/**
 * Redirects are not followed. `body` is undefined where the answer is no JSON, or one of more than 64 KB.
 * @throws what undici throws where no answer came
 */
export async function postJson(
  url: string,
  body: object,
  { headers, signal }: Options,
): Promise<{ status: number; body: unknown }> {
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
  })
  return { status: answer.statusCode, body: parsed(await beginningOf(answer.body)) }
}

/** Cut where it is longer than any answer of Kakao's, which is no JSON any more. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size > ANSWER_LIMIT_BYTES) return ''
  }
  return Buffer.concat(chunks).toString()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
