import { SCHEMA, SERVING_ROLE } from '@munjigi/chatbot/migrations/plan'
import type { UserMapTables } from '@munjigi/chatbot-sdk/postgres-user-map'
import type { RelayCallback } from '@munjigi/contracts/relay'
import type { Database } from '@munjigi/db/connect'
import { keyRing } from '@munjigi/sealing/fernet'
import { isSignedPayload } from '@munjigi/sealing/signature'
import type { FrontDoor } from './front-door.ts'
import type { Step } from './journey.ts'
import { openLoginLink } from './login-link.ts'
import type { Messenger } from './messenger.ts'
import type { Secrets } from './secrets.ts'
import { type Sent, wireTap } from './wire.ts'

/** With the 60 s before its end in which it is renewed, longer than the 5 minutes that an access token of the realm lives. */
const LATER_MS = 250_000
const CALLBACK = '/api/kakao-bot/users/callback'
const MENUS = '/api/meal/v1/menus'

export interface ChatbotJourneyParts {
  door: FrontDoor
  /** Its address. */
  gateway: string
  messenger: Messenger
  /** The chatbot's, to look at what is at rest. */
  database: Database
  secrets: Secrets
  /** Somebody of the realm, and what the messenger calls them. */
  person: { username: string; password: string; chat: string }
  /** A dish of today's menu. */
  dish: string
  /** Puts the chatbot's clock forward, or back. */
  advance(ms: number): void
  /** An administrator at the IdP ends the person's logins there. */
  endOfflineSessions(username: string): Promise<void>
}

/**
 * The journey of source documents 001 and 002: a person talks to the chatbot, logs in once by a link, and the chatbot acts
 * for them until their login ends.
 * @throws where any step is answered otherwise than it must be.
 */
export async function* chatbotJourney(parts: ChatbotJourneyParts): AsyncGenerator<Step> {
  const { door, messenger, person, secrets } = parts
  const { username, chat } = person
  const atRest = tokensAtRest(parts)
  using wire = wireTap()

  const greeted = await messenger.say(chat, '오늘 메뉴')
  const link = required(greeted.link, 'the card has no login link')
  yield { says: `${chat} asks the chatbot 오늘 메뉴 and is given a login link`, answer: `${link.slice(0, 72)}…` }

  const opened = await openLoginLink(door, link)
  must(opened.page.status === 200 && opened.page.title !== '', `the link was answered ${opened.page.status}`)
  yield { says: 'the link opens a page that asks first', answer: opened.page.title }

  const ended = await (await opened.goOn()).signIn(username, person.password)
  must(ended.status === 200, `the login ended with ${ended.status} ${ended.text}`)
  yield { says: `${username} goes on, signs in at the IdP and comes back`, answer: ended.title }

  const call = wire.latest(CALLBACK)
  const brought = readDelivery(call, secrets)
  yield { says: 'the relay has called the chatbot with ten signed fields', answer: shown(brought, call) }

  const first = await atRest.read()
  must(first.access_token === brought.relay_access_token, 'the access token at rest is another than the one brought')
  must(
    first.refresh_token === brought.offline_refresh_token,
    'the offline token at rest is another than the one brought',
  )
  yield {
    says: 'the chatbot keeps both tokens sealed',
    answer: `${first.sealed.slice(0, 40)}… (Fernet), sub ${first.sub}`,
  }

  must((await messenger.say(chat, '오늘 메뉴')).text.includes(parts.dish), 'the menu of today is not in the card')
  const asked = wire.latest(MENUS)
  must(asked.headers['x-user-sub'] === first.sub, `the menu was asked for as ${asked.headers['x-user-sub']}`)
  yield {
    says: `오늘 메뉴 reaches meal through the gateway as ${username}`,
    answer: `${parts.dish}; ${credentials(asked)}`,
  }

  parts.advance(LATER_MS)
  must((await messenger.say(chat, '오늘 메뉴')).text.includes(parts.dish), 'the menu was not read after the renewal')
  const renewed = await atRest.read()
  must(renewed.access_token !== first.access_token, 'the access token is the old one')
  must(renewed.refresh_token !== first.refresh_token, 'the offline token is the old one')
  const { authorization } = wire.latest(MENUS, parts.gateway).headers
  must(authorization === `Bearer ${renewed.access_token}`, 'the gateway was asked with another token than the new one')
  yield {
    says: 'four minutes later the access token is due and renewed',
    answer: `${masked(renewed.access_token)} instead of ${masked(first.access_token)}, and a new offline token`,
  }

  // What the IdP tells of an ending is believed for two minutes.
  parts.advance(-LATER_MS)
  await parts.endOfflineSessions(username)
  const refused = await messenger.say(chat, '오늘 메뉴')
  const again = required(refused.link, 'no new login link was offered')
  must(again !== link, 'the old login link was offered again')
  must(await atRest.areCleared(), 'tokens of an ended login are still at rest')
  yield {
    says: `${username}'s login is ended at the IdP; ${chat} is offered a new link`,
    answer: `${again.slice(0, 72)}…`,
  }
}

function tokensAtRest({ database, secrets, person }: ChatbotJourneyParts) {
  const keys = keyRing(secrets.tokenKey)
  const find = () =>
    database
      .as<UserMapTables>(SERVING_ROLE)
      .withSchema(SCHEMA)
      .selectFrom('user_map')
      .select(['keycloak_sub', 'access_token', 'refresh_token'])
      .where('kakao_id', '=', person.chat)
      .executeTakeFirstOrThrow()
  return {
    async read() {
      const { keycloak_sub: sub, access_token: sealed, refresh_token } = await find()
      if (sealed === null || refresh_token === null) throw new Error('the chatbot keeps no tokens')
      return { sub, sealed, access_token: keys.open(sealed), refresh_token: keys.open(refresh_token) }
    },
    async areCleared() {
      const { access_token, refresh_token } = await find()
      return access_token === null && refresh_token === null
    },
  }
}

function readDelivery({ body, headers }: Sent, { relayKey }: Secrets): RelayCallback {
  const brought = JSON.parse(body) as RelayCallback
  must(Object.keys(brought).length === 10, `${Object.keys(brought).length} fields were brought`)
  must(isSignedPayload(relayKey, brought, headers['x-relay-signature']), 'the signature is not the relay’s')
  return brought
}

function shown(brought: RelayCallback, { headers }: Sent): string {
  const { relay_access_token, offline_refresh_token, ...rest } = brought
  const fields = {
    ...rest,
    relay_access_token: masked(relay_access_token),
    offline_refresh_token: masked(offline_refresh_token),
  }
  const text = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
  return `${text.join(' ')}; X-Relay-Signature ${headers['x-relay-signature']?.slice(0, 12)}…`
}

const masked = (token: string): string => `${token.slice(0, 6)}…${token.slice(-4)} (${token.length})`
const credentials = ({ headers }: Sent): string =>
  `${headers.authorization?.slice(0, 14)}…, X-User-Sub ${headers['x-user-sub']}`

function required<T>(value: T | undefined, fault: string): T {
  if (value === undefined) throw new Error(fault)
  return value
}

function must(isTrue: boolean, fault: string): void {
  if (!isTrue) throw new Error(fault)
}
