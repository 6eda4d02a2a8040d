import { inTime } from '@munjigi/deadline'
import * as client from 'openid-client'
import { askingOnce, fetchOnce } from './asked-once.ts'
import { CLOCK_SKEW_S } from './claims.ts'

const COOL_DOWN_MS = 5_000
const UNKNOWN_KEY = 'OAUTH_KEY_SELECTION_FAILED'

/** Requests to URLs that begin with `from` go to `to`, since this machine may be unable to reach the public address. */
interface Detour {
  from: string
  to: string
}

interface ProviderOptions {
  /** The claim `iss`, letter by letter. */
  issuer: string
  clientId: string
  clientSecret: string
  reachedAt?: Detour
  /** How long each question may take, in seconds. */
  timeoutS: number
  /** What the configuration must do besides, for example `useCodeIdTokenResponseType`. */
  execute?: ((configuration: client.Configuration) => void)[]
}

export interface OpenIdProvider {
  /**
   * Protocol work of openid-client with the discovered configuration. A provider that signs by a key not seen before is
   * discovered anew, at most once in 5 s, and the work done again, on the answer that each of its POSTs had the first time.
   * `heard` gets the body of such an answer before anything of it is checked.
   * @throws ProviderError, or what `work` throws itself
   */
  use<T>(work: (configuration: client.Configuration) => T | Promise<T>, heard?: (body: string) => void): Promise<T>
}

/** All addresses of the issuer's origin, asked at another origin. */
export const originAt = (issuer: string, origin: string): Detour => ({
  from: `${new URL(issuer).origin}/`,
  to: `${origin.replace(/\/+$/, '')}/`,
})

/** How an exchange with the provider failed; `message` may contain the provider's words and is for the log alone. */
export class ProviderError extends Error {
  /**
   * `unreachable`: no answer, a 5xx, or what no provider answers (HTML). `refused`: an OAuth error (RFC 6749 §5.2).
   * `invalid`: its answer is not for us, not fresh, or not signed by it.
   */
  readonly kind: 'unreachable' | 'refused' | 'invalid'
  readonly status: number | undefined
  /** RFC 6749 §5.2; of an invalid answer the library's code. */
  readonly error: string | undefined
  readonly description: string | undefined

  constructor(cause: Error) {
    const body = cause instanceof client.ResponseBodyError ? cause : undefined
    const code = (cause as { code?: unknown }).code
    super(body ? `${body.status} ${body.error}: ${body.error_description ?? ''}` : cause.message, { cause })
    this.name = 'ProviderError'
    this.status = body?.status
    this.error = body?.error ?? (typeof code === 'string' ? code : undefined)
    this.description = body?.error_description
    if (isUnreachable(cause, code) || (this.status !== undefined && this.status >= 500)) this.kind = 'unreachable'
    else this.kind = body === undefined ? 'invalid' : 'refused'
  }
}

/** An OpenID provider by discovery (OpenID Connect Discovery §4), asked for the first time at the first work. */
export function openIdProvider(options: ProviderOptions): OpenIdProvider {
  let discovered: Promise<client.Configuration> | undefined
  let discoveredAt = 0
  const configuration = (): Promise<client.Configuration> => {
    if (discovered === undefined) discoveredAt = Date.now()
    discovered ??= discover(options).catch((error) => {
      discovered = undefined
      throw error
    })
    return discovered
  }
  /** A provider signs by a new key at once, and the library keeps the old ones for a minute. */
  const withNewKeys = async (error: unknown): Promise<client.Configuration> => {
    const isUnknownKey = (error as { code?: unknown }).code === UNKNOWN_KEY
    if (!isUnknownKey || Date.now() - discoveredAt < COOL_DOWN_MS) throw error
    discoveredAt = Date.now()
    const renewed = await discover(options)
    discovered = Promise.resolve(renewed)
    return renewed
  }

  return {
    use: async (work, heard) => {
      try {
        const known = await configuration()
        return await askingOnce(heard, () =>
          Promise.resolve(work(known)).catch(async (error) => work(await withNewKeys(error))),
        )
      } catch (error) {
        throw isOfTheProtocol(error) ? new ProviderError(error) : error
      }
    },
  }
}

async function discover({ issuer, clientId, clientSecret, reachedAt, timeoutS, execute = [] }: ProviderOptions) {
  const isPlain = [issuer, reachedAt?.to].some((url) => url?.startsWith('http:'))
  const metadata = { client_secret: clientSecret, [client.clockTolerance]: CLOCK_SKEW_S }
  const configuration = await client.discovery(new URL(issuer), clientId, metadata, undefined, {
    // The library's own limit would count time in which this process stood still as the provider's silence.
    [client.customFetch]: (url, init) =>
      inTime(timeoutS * 1000, (signal) => fetchOnce(addressOf(url, reachedAt), { ...(init as RequestInit), signal })),
    execute: [...execute, ...(isPlain ? [client.allowInsecureRequests] : [])],
  })
  // Of its addresses this one is not asked by the library: browsers are sent there, and pages allow it.
  const { authorization_endpoint: signInPage } = configuration.serverMetadata()
  if (!isWebAddress(signInPage)) throw new TypeError('authorization_endpoint is no address of a page')
  return configuration
}

const isWebAddress = (text: unknown): boolean =>
  typeof text === 'string' && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

function addressOf(url: string, reachedAt: Detour | undefined): string {
  return reachedAt !== undefined && url.startsWith(reachedAt.from)
    ? reachedAt.to + url.slice(reachedAt.from.length)
    : url
}

/** Errors of the library and of `fetch`; any other is thrown by the work itself. */
const isOfTheProtocol = (error: unknown): error is Error =>
  error instanceof client.ClientError ||
  error instanceof client.ResponseBodyError ||
  error instanceof client.AuthorizationResponseError ||
  error instanceof client.WWWAuthenticateChallengeError ||
  error instanceof TypeError

const NO_ANSWER = new Set<unknown>(['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'])

const isUnreachable = (error: Error, code: unknown): boolean =>
  NO_ANSWER.has(code) || (error instanceof TypeError && !code)
