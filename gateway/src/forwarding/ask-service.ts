import type { Upstream } from './upstream.ts'

const MAX_ANSWER_BYTES = 1024 * 1024

/** What a service answers to the gateway's own question. @throws Error where it does not within `timeoutMs` */
export async function askService(
  upstream: Upstream,
  path: string,
  timeoutMs: number,
): Promise<{ status: number; text: string }> {
  const { statusCode, body } = await upstream.ask(path, timeoutMs)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return { status: statusCode, text: Buffer.concat(chunks).toString('utf8') }
}
