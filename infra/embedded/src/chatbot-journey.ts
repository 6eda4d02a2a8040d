import { X_USER_SUB } from '@munjigi/contracts/headers'
import type { Database } from '@munjigi/db/connect'
import { masked, readDelivery, shownDelivery } from './delivery.ts'
import type { FrontDoor } from './front-door.ts'
import type { Step } from './journey.ts'
import { openLoginLink } from './login-link.ts'
import type { Messenger } from './messenger.ts'
import type { Secrets } from './secrets.ts'
import { tokensAtRest } from './tokens-at-rest.ts'
import { wireTap } from './wire.ts'

/** An access token of the realm lives 5 minutes and is renewed in the last of them. */
const LATER_MS = 250_000
const CALLBACK = '/api/kakao-bot/users/callback'
const MENUS = '/api/meal/v1/menus'
const SHOWN_OF_LINK = 72
const SHOWN_OF_SEALED = 40

interface ChatbotJourneyParts {
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
  using wire = wireTap()
  const atRest = tokensAtRest(parts.database, parts.secrets.tokenKey, parts.person.chat)
  const seen = { ...parts, wire, atRest }
  const link = yield* logIn(seen)
  yield* act(seen)
  yield* endLogin(seen, link)
}

interface Seen extends ChatbotJourneyParts {
  wire: ReturnType<typeof wireTap>
  atRest: ReturnType<typeof tokensAtRest>
}

async function* logIn({ door, messenger, person, secrets, wire, atRest }: Seen): AsyncGenerator<Step, string> {
  const { username, password, chat } = person
  const link = linkOf(await messenger.say(chat, '오늘 메뉴'))
  yield { says: `${chat} asks the chatbot 오늘 메뉴 and is given a login link`, answer: shownLink(link) }

  const opened = await openLoginLink(door, link)
  must(opened.page.status === 200, `the link was answered ${opened.page.status}`)
  must(await atRest.areAbsent(), 'opening the link was enough')
  yield { says: 'the link opens a page that asks first', answer: opened.page.title }

  const ended = await (await opened.goOn()).signIn(username, password)
  must(ended.status === 200, `the login ended with ${ended.status} ${ended.text}`)
  yield { says: `${username} goes on, signs in at the IdP and comes back`, answer: ended.title }

  const call = wire.latest(CALLBACK)
  const brought = readDelivery(call, secrets.relayKey)
  yield { says: 'the relay has called the chatbot with ten signed fields', answer: shownDelivery(brought, call) }

  const { sub, sealed, access_token, refresh_token } = await atRest.read()
  must(access_token === brought.relay_access_token, 'the access token at rest is not the one brought')
  must(refresh_token === brought.offline_refresh_token, 'the offline token at rest is not the one brought')
  const answer = `${sealed.slice(0, SHOWN_OF_SEALED)}… (Fernet), sub ${sub}`
  yield { says: 'the chatbot keeps both tokens sealed', answer }
  return link
}

async function* act({ messenger, person, dish, gateway, advance, wire, atRest }: Seen): AsyncGenerator<Step> {
  const { username, chat } = person
  const first = await atRest.read()
  const readMenus = async () => {
    const { text } = await messenger.say(chat, '오늘 메뉴')
    must(text.includes(dish), `the menu of today is not in the card: ${text}`)
  }
  await readMenus()
  const { [X_USER_SUB]: sub, authorization } = wire.latest(MENUS).headers
  must(sub === first.sub, `the menu was asked for as ${sub}`)
  const credentials = `${authorization?.slice(0, 14)}…, X-User-Sub ${sub}`
  yield { says: `오늘 메뉴 reaches meal through the gateway as ${username}`, answer: `${dish}; ${credentials}` }

  advance(LATER_MS)
  await readMenus()
  // What the IdP tells of an ending is believed for two minutes.
  advance(-LATER_MS)
  const renewed = await atRest.read()
  must(renewed.access_token !== first.access_token, 'the access token is the old one')
  must(renewed.refresh_token !== first.refresh_token, 'the offline token is the old one')
  const asked = wire.latest(MENUS, gateway).headers.authorization
  must(asked === `Bearer ${renewed.access_token}`, 'the gateway was asked with another token than the new one')
  const tokens = `${masked(renewed.access_token)} instead of ${masked(first.access_token)}`
  yield { says: 'four minutes later the access token is due and renewed', answer: `${tokens}, and a new offline token` }
}

async function* endLogin({ messenger, person, atRest, endOfflineSessions }: Seen, link: string): AsyncGenerator<Step> {
  const { username, chat } = person
  await endOfflineSessions(username)
  const again = linkOf(await messenger.say(chat, '오늘 메뉴'))
  must(again !== link, 'the old login link was offered again')
  must(await atRest.areAbsent(), 'tokens of an ended login are still at rest')
  yield { says: `${username}'s login is ended at the IdP; ${chat} is offered a new link`, answer: shownLink(again) }
}

function linkOf({ link, text }: { link: string | undefined; text: string }): string {
  if (link === undefined) throw new Error(`the card has no login link: ${text}`)
  return link
}

const shownLink = (link: string): string => `${link.slice(0, SHOWN_OF_LINK)}…`

function must(isTrue: boolean, fault: string): void {
  if (!isTrue) throw new Error(fault)
}
