const ANSWER_WITHIN_MS = 15_000

/** Asks a route of `auth` that needs no token; undefined where no answer came in time. */
export const authPost =
  (fetch: typeof globalThis.fetch) =>
  (path: string, body: object): Promise<Response | undefined> =>
    fetch(`/api/auth/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // The other tabs wait for their turn meanwhile.
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    }).catch(() => undefined)
