import type { Menu, Restaurant } from '@munjigi/contracts/meal'
import type { Me, PeoplePage } from '@munjigi/contracts/people'
import { type FrontDoor, Refusal } from './front-door.ts'
import { DEVELOPMENT_PASSWORD } from './realm.ts'
import { approve, dayIn } from './seed.ts'

export interface Step {
  says: string
  /** What the house answered, in short. */
  answer: string
}

/**
 * The journey of a new person through the front door: signs in, waits, is approved, reads menus, may not write them;
 * meal's administrator may.
 * @throws where any step is answered otherwise than it must be.
 */
export async function* journey(door: FrontDoor): AsyncGenerator<Step> {
  const signIn = (username: string) => door.signIn(username, DEVELOPMENT_PASSWORD)
  const newcomer = await signIn('pending.kim')
  const me = await door.call<Me>('GET', '/api/auth/v1/me', newcomer)
  yield { says: 'pending.kim signs in through SSO', answer: `${me.username_kr}, role ${me.role}` }

  const refusal = await refusalOf(door.call('GET', '/api/trace/v1/traces', newcomer))
  yield { says: 'pending.kim asks for a service and is asked to wait', answer: refusal }

  const administrator = await signIn('admin.park')
  const waiting = await door.call<PeoplePage>('GET', '/api/admin/v1/people?role=PENDING', administrator)
  yield { says: 'admin.park looks who waits', answer: waiting.people.map(({ user_id }) => user_id).join(', ') }

  await door.call('POST', `/api/admin/v1/people/${me.sub}/approve`, administrator)
  yield { says: 'admin.park approves pending.kim', answer: 'approved' }

  await door.call('GET', '/api/trace/v1/traces', newcomer)
  yield { says: 'pending.kim asks again with the same token', answer: 'let in, without a new sign-in' }

  const forbidden = await refusalOf(door.call('POST', '/api/meal/v1/restaurants', newcomer, RESTAURANT))
  yield { says: 'pending.kim tries to open a restaurant', answer: forbidden }

  const cook = await signIn('meal.choi')
  await approve(door, administrator, 'meal.choi')
  const restaurant = await door.call<Restaurant>('POST', '/api/meal/v1/restaurants', cook, RESTAURANT)
  const menu = { restaurant_id: restaurant.id, date: dayIn('Asia/Seoul'), meal: 'lunch', dishes: DISHES }
  const written = await door.call<Menu>('POST', '/api/meal/v1/menus', cook, menu)
  yield { says: 'meal.choi, whose role comes from the IdP, writes a menu', answer: written.dishes.join(', ') }

  const query = `date=${written.date}&restaurant_id=${restaurant.id}`
  const { menus } = await door.call<{ menus: Menu[] }>('GET', `/api/meal/v1/menus?${query}`, newcomer)
  const [read] = menus
  if (read?.id !== written.id) throw new Error('the menu that was written is not the menu that is read')
  yield { says: 'pending.kim reads it through the gateway', answer: read.dishes.join(', ') }
}

/** On today's menu from then on. */
export const DISHES = ['김치찌개', '제육볶음'] as const
const RESTAURANT = { name: '여정 식당', location: '별관 1층' }

/** @throws where it is let through, or fails by anything else than a refusal. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    if (error instanceof Refusal) return `${error.status} ${error.type}`
    throw error
  }
  throw new Error('it was let through')
}
