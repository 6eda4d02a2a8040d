import { request } from 'undici'

interface Options {
  headers?: Record<string, string>
  signal: AbortSignal
}

/** Redirects are not followed. `body` is undefined where the answer is no JSON. @throws what undici throws where no answer came */
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
  const text = await answer.body.text()
  return { status: answer.statusCode, body: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
