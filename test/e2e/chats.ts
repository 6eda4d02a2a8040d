import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Restaurant } from '@munjigi/contracts/meal'
import type { FrontDoor } from '@munjigi/embedded/front-door'
import { openLoginLink } from '@munjigi/embedded/login-link'
import type { Messenger } from '@munjigi/embedded/messenger'
import { dayIn } from '@munjigi/embedded/seed'
import { type Provider, SEEDED_PASSWORD } from '@munjigi/testing/provider'

interface House {
  door: FrontDoor
  messenger: Messenger
  provider: Provider
}

interface Account {
  username: string
  password: string
  sub: string
}

export const newChat = (): string => `chat-${randomUUID()}`

/** Somebody at the IdP whom no gateway and no chatbot has seen. */
export async function newAccount(provider: Provider): Promise<Account> {
  const account = { username: `e2e-${randomUUID()}`, password: 'pw' }
  return { ...account, sub: await provider.addUser(account) }
}

/** Puts a dish on today's menu, in a restaurant of its own. */
export async function serve(dish: string, door: FrontDoor): Promise<void> {
  const token = await door.signIn('admin.park', SEEDED_PASSWORD)
  const place = { name: '챗봇 식당', location: '별관' }
  const { id } = await door.call<Restaurant>('POST', '/api/meal/v1/restaurants', token, place)
  const menu = { restaurant_id: id, date: dayIn('Asia/Seoul'), meal: 'lunch', dishes: [dish] }
  await door.call('POST', '/api/meal/v1/menus', token, menu)
}

/** People in a messenger with the chatbot of a house. */
export function chatsOf({ door, messenger, provider }: House) {
  const open = (link: string) => openLoginLink(door, link)

  const linkFor = async (chat: string): Promise<string> => {
    const { link, text } = await messenger.say(chat, '로그인')
    assert.ok(link, text)
    return link
  }

  const logIn = async (link: string, { username, password }: Pick<Account, 'username' | 'password'>) =>
    (await (await open(link)).goOn()).signIn(username, password)

  return {
    say: messenger.say,
    linkFor,
    open,
    /** From the link to the relay's last page. */
    logIn,
    /** A chat whose person has logged in. */
    async linked() {
      const [chat, account] = [newChat(), await newAccount(provider)]
      const ended = await logIn(await linkFor(chat), account)
      assert.equal(ended.status, 200, ended.text)
      return { chat, ...account }
    },
    async readsMenu(chat: string, dish: string): Promise<void> {
      const { text } = await messenger.say(chat, '오늘 메뉴')
      assert.ok(text.includes(dish), text)
    },
  }
}
