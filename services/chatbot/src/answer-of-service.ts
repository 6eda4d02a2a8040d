import { Problem } from '@munjigi/problem'

const TYPE = /^\/problems\/([a-z0-9-]{1,64})$/

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
  // What has no such form may be anything, and types are logged.
  const slug = TYPE.exec(String(type))?.[1]
  throw new Problem(answer.ok ? 502 : answer.status, slug ?? 'unavailable', 'A service refused')
}
