import { Problem } from '@munjigi/problem'
import { checkClaims, tokenInvalid } from './claims.ts'
import type { TrustedIssuer } from './issuers.ts'
import { isSignedBy, type ParsedJws, parseJws } from './jws.ts'
import { createKeySource, type KeySource } from './keys.ts'
import { RememberedTokens } from './remembered-tokens.ts'
import { factsOf, type VerifiedToken } from './verified-token.ts'

export interface Verifier {
  /** The token's facts, at once, if it was verified before by the same keys and has not ended. */
  remembered(token: string): VerifiedToken | undefined
  /** Undefined where the key must be fetched first. @throws Problem 401 `token-invalid` or `token-expired` */
  verifyAtOnce(token: string): VerifiedToken | undefined
  /**
   * @throws Problem 401 `token-invalid` or `token-expired`; 503 `keys-unavailable` where the issuer's keys have never been
   * fetched.
   */
  verify(token: string): Promise<VerifiedToken>
  /** Checks the issuer and the signature alone, of a token of any type. @throws as `verify`, but never `token-expired` */
  verifySignature(token: string): Promise<ParsedJws>
  /** Takes over a new list at once. Issuers that stay keep their keys; remembered tokens are forgotten. */
  replaceIssuers(issuers: TrustedIssuer[]): void
  prefetch(): Promise<void>
  status(): ReturnType<KeySource['status']>[]
  close(): void
}

interface Trusted {
  issuer: TrustedIssuer
  keys: KeySource
}
interface VerifierOptions {
  issuers: TrustedIssuer[]
  /** Milliseconds; `Date.now` by default. */
  clock?: () => number
  /** How long a token whose key is not known waits for the issuer, in milliseconds; 700 by default: answered within a second. */
  patienceMs?: number
  onKeyFetch?: (issuer: string, outcome: 'ok' | 'failed') => void
}

const PATIENCE_MS = 700

/** Verifies access tokens of the listed issuers, each by its own keys, audiences and algorithms (DESIGN §4.3). */
export function createVerifier(options: VerifierOptions): Verifier {
  const clock = options.clock ?? Date.now
  const now = () => Math.floor(clock() / 1000)
  const remembered = new RememberedTokens(now)
  let trusted = new Map<string, Trusted>()
  let reservedNames: ReadonlySet<string> = new Set()

  const replaceIssuers = (issuers: TrustedIssuer[]): void => {
    requireNames(issuers)
    const next = new Map<string, Trusted>()
    for (const issuer of issuers) {
      const old = trusted.get(issuer.issuer)
      const isSame = old !== undefined && keysAreFoundTheSameWay(old.issuer, issuer)
      const keys = isSame
        ? old.keys
        : createKeySource(issuer, {
            patienceMs: options.patienceMs ?? PATIENCE_MS,
            onFetch: (outcome) => options.onKeyFetch?.(issuer.issuer, outcome),
          })
      next.set(issuer.issuer, { issuer, keys })
    }
    for (const { keys, issuer } of trusted.values()) if (next.get(issuer.issuer)?.keys !== keys) keys.close()
    trusted = next
    reservedNames = new Set(issuers.flatMap(({ name }) => name ?? []))
    remembered.clear()
  }
  replaceIssuers(options.issuers)

  const read = (token: string) => {
    const jws = parseJws(token)
    if (jws === undefined) throw tokenInvalid('This is no signed token in compact form')
    if (isRefreshToken(jws)) throw tokenInvalid('This is a refresh token', 'Use access token')
    const by = typeof jws.claims.iss === 'string' ? trusted.get(jws.claims.iss) : undefined
    if (by === undefined) throw tokenInvalid('The issuer of the token is not trusted here')
    const algorithm = by.issuer.algorithms.find((allowed) => allowed === jws.header.alg)
    if (algorithm === undefined) throw tokenInvalid('The token is signed by an algorithm its issuer does not use here')
    return { jws, ...by, algorithm }
  }
  const readSigned = (token: string) => {
    const { jws, issuer, keys, algorithm } = read(token)
    const key = keys.find(jws.header.kid, algorithm)
    if (key === undefined) return undefined
    if (!isSignedBy(jws, algorithm, key)) throw signatureInvalid()
    return { jws, issuer, keys }
  }
  const verifyAtOnce = (token: string): VerifiedToken | undefined => {
    const signed = readSigned(token)
    if (signed === undefined) return undefined
    const { jws, issuer, keys } = signed
    checkClaims(jws, issuer, reservedNames, now())
    const facts = factsOf(token, jws, issuer)
    remembered.add(facts, keys)
    return facts
  }
  const withKeys = async <T>(attempt: (token: string) => T | undefined, token: string): Promise<T> => {
    const result = attempt(token)
    if (result !== undefined) return result
    await read(token).keys.refetch()
    // Read anew: a reload may have changed the issuer, or taken it away, meanwhile.
    const later = attempt(token)
    if (later !== undefined) return later
    throw read(token).keys.isReady ? signatureInvalid() : keysUnavailable()
  }

  return {
    remembered: (token) => remembered.find(token),
    verifyAtOnce,
    verify: (token) => withKeys(verifyAtOnce, token),
    verifySignature: (token) => withKeys((text) => readSigned(text)?.jws, token),
    replaceIssuers,
    prefetch: async () => {
      await Promise.all([...trusted.values()].map(({ keys }) => keys.refetch()))
    },
    status: () => [...trusted.values()].map(({ keys }) => keys.status()),
    close: () => {
      for (const { keys } of trusted.values()) keys.close()
    },
  }
}

/** A frequent mistake of clients. Ours names no issuer, so it is told apart before the issuer is looked at. */
const isRefreshToken = ({ header }: ParsedJws): boolean => header.typ === 'rt+jwt'

function requireNames(issuers: TrustedIssuer[]): void {
  for (const { issuer, people, name } of issuers)
    if (people === 'own' && !name) throw new Error(`issuer ${issuer} has people of its own and needs a name`)
}

const keysAreFoundTheSameWay = (a: TrustedIssuer, b: TrustedIssuer): boolean =>
  a.jwks_uri === b.jwks_uri && a.loadKeys === b.loadKeys && a.algorithms.join() === b.algorithms.join()

const signatureInvalid = () => tokenInvalid('The signature is not by a key of the issuer')

const keysUnavailable = () =>
  new Problem(503, 'keys-unavailable', 'Tokens of this issuer cannot be verified now', {
    detail: "The issuer's keys could not be fetched yet: try again shortly",
    headers: { 'retry-after': '5' },
  })
