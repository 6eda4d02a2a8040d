import { randomBytes } from 'node:crypto'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { LoginLink, type NewLoginLink } from '@munjigi/contracts/relay'
import { inTime } from '@munjigi/deadline'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import { Check } from 'typebox/value'
import { type Dispatcher, request } from 'undici'
import { relayRefused, relayUnavailable } from './relay-problems.ts'

const TIMEOUT_MS = 5_000
/** What the contract allows (contracts/relay). */
const LONGEST_NAME = 100
const CODE = /^[a-z_-]{1,64}$/

export interface RelayAccess {
  relay: { url: string; clientKey: string; issueSecret?: string }
  callbackUrl: string
  gatewayUrl: string
  /** Knows the authority of the gateway's certificate. */
  dispatcher: Dispatcher
  now: () => number
}

export interface LoginLinkRequest {
  chatbotUserId: string
  /** What else the messenger may call the person when they leave. */
  messengerUserId?: string
  /** Where the browser goes after the login; the relay's list must admit it. */
  redirectAfter?: string
  /** How the person is called at the messenger, shown before the login. */
  displayName?: string
}

/**
 * Asks the relay for a login link, signed where the relay gave this client an issue secret (DESIGN §6).
 * @throws Problem 502 `relay-refused`, its `detail` the relay's code; 503 `relay-unavailable`
 */
export async function askForLoginLink(asked: LoginLinkRequest, access: RelayAccess): Promise<LoginLink> {
  const { status, answer } = await post(canonicalJson(bodyOf(asked, access)), access)
  if (status >= 400 && status < 500) throw relayRefused(codeIn(answer, status))
  if (status === 200 && isLoginLink(answer)) return answer
  throw relayUnavailable(new Error(`status ${status}, and no login link`))
}

function bodyOf(asked: LoginLinkRequest, { relay, callbackUrl, now }: RelayAccess): NewLoginLink {
  return {
    chatbot_user_id: asked.chatbotUserId,
    ...(asked.messengerUserId !== undefined && { messenger_user_id: asked.messengerUserId }),
    callback_url: callbackUrl,
    client_key: relay.clientKey,
    ...(asked.redirectAfter !== undefined && { redirect_after: asked.redirectAfter }),
    ...(asked.displayName !== undefined && { display_name: shownName(asked.displayName) }),
    ...(relay.issueSecret !== undefined && {
      ts: Math.floor(now() / 1000),
      nonce: randomBytes(18).toString('base64url'),
    }),
  }
}

/** People choose their names at the messenger; none may keep its owner from logging in. */
const shownName = (name: string): string => name.slice(0, LONGEST_NAME).toWellFormed()

async function post(
  body: string,
  { relay: { url, issueSecret }, gatewayUrl, dispatcher }: RelayAccess,
): Promise<{ status: number; answer: unknown }> {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(issueSecret !== undefined && { [X_RELAY_SIGNATURE]: signatureOf(issueSecret, body) }),
  }
  // Elsewhere than behind the gateway its authority vouches for nobody.
  const isBehindGateway = new URL(url).origin === new URL(gatewayUrl).origin
  try {
    return await inTime(TIMEOUT_MS, async (signal) => {
      const response = await request(`${url.replace(/\/+$/, '')}/issue_login_link`, {
        method: 'POST',
        headers,
        body,
        signal,
        ...(isBehindGateway && { dispatcher }),
      })
      return { status: response.statusCode, answer: parsed(await response.body.text()) }
    })
  } catch (cause) {
    throw relayUnavailable(cause)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isLoginLink(answer: unknown): answer is LoginLink {
  return Check(LoginLink, answer) && /^https?:\/\//.test(answer.login_link)
}

/** The relay's `detail` is a code, but for what is no request at all. */
function codeIn(answer: unknown, status: number): string {
  const detail = (answer as { detail?: unknown } | undefined | null)?.detail
  return typeof detail === 'string' && CODE.test(detail) ? detail : `status ${status}`
}
