import type { Mail } from './body-template.ts'

export interface MailApi {
  endpoint: string
  key: string
  bodyOf: (mail: Mail) => string
}

export interface Failure {
  error: string
  /** Whether the mail API refused the notice itself, so that sending it again unchanged will hardly help. */
  isRefusal: boolean
  /** In milliseconds, as the mail API asked. */
  retryAfter: number
}

const ANSWER_LIMIT_MS = 10_000

/** Sends one mail; gives what went wrong, undefined where nothing did. */
export async function attemptMail(api: MailApi, mail: Mail, idempotencyKey: string): Promise<Failure | undefined> {
  try {
    const response = await fetch(api.endpoint, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.key}`,
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body: api.bodyOf(mail),
      // The key goes nowhere else.
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    })
    await response.body?.cancel()
    return response.ok ? undefined : failureOf(response)
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: unknown } }
    return { error: String(cause?.code ?? name), isRefusal: false, retryAfter: 0 }
  }
}

function failureOf({ status, headers }: Response): Failure {
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429
  return { error: `status ${status}`, isRefusal, retryAfter: waitOf(headers.get('retry-after')) }
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function waitOf(text: string | null): number {
  if (text === null) return 0
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(wait) ? Math.max(0, wait) : 0
}
