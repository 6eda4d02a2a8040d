const PREFLIGHT_AGE_S = '600'
const TOKENS = /^[\w!#$%&'*+.^`|~-]+(?: *, *[\w!#$%&'*+.^`|~-]+)*$/

/** Headers that let `origin` read the answer, without credentials; undefined for an origin that is not listed. */
export function corsHeaders(origin: string | undefined, allowed: ReadonlySet<string>): string[] | undefined {
  if (origin === undefined || !allowed.has(origin)) return undefined
  return ['access-control-allow-origin', origin, 'access-control-expose-headers', '*', 'vary', 'Origin']
}

/** What a preflight is answered with (Fetch §4.8), before and without any authentication. */
export function preflightHeaders(cors: readonly string[], method: string, headers: string | undefined): string[] {
  return [
    ...cors,
    ...['access-control-allow-methods', TOKENS.test(method) ? method : 'GET'],
    ...(headers !== undefined && TOKENS.test(headers) ? ['access-control-allow-headers', headers] : []),
    ...[
      'access-control-max-age',
      PREFLIGHT_AGE_S,
      'vary',
      'Access-Control-Request-Method, Access-Control-Request-Headers',
    ],
  ]
}
