import { Problem } from '@munjigi/problem'

interface Answer {
  ok: boolean
  status: number
  json(): Promise<unknown>
}

/** What a service answered through the gateway. @throws Problem with its status and type where it refused */
export async function readAnswer<T>(answer: Answer): Promise<T> {
  const body = await answer.json().catch(() => undefined)
  if (answer.ok && body !== undefined) return body as T
  const { type } = (body ?? {}) as { type?: unknown }
  const slug = typeof type === 'string' ? type.replace(/^\/problems\//, '') : 'unavailable'
  throw new Problem(answer.ok ? 502 : answer.status, slug, 'A service refused')
}
