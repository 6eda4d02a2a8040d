import type { Menus, NewMenu, Restaurants } from '@munjigi/contracts/meal'
import type { PeoplePage, Person } from '@munjigi/contracts/people'
import type { Database } from '@munjigi/db/connect'
import type { FrontDoor } from './front-door.ts'
import { makeDemoProfiles } from './outside-profiles.ts'
import { DEVELOPMENT_PASSWORD } from './realm.ts'
import { seedTenants } from './tenants-seed.ts'
import { unlessChanged } from './unless-changed.ts'

const ADMINISTRATOR = 'admin.park'
/** Whose agent reads from the outside service. */
const PROFILE_OWNER = 'user.lee'
const PROFILE_SECTION = 'auth-profile'
const APPROVED = ['user.lee', 'meal.choi', 'global.jung']
const RESTAURANT = { name: '학생식당', location: '본관 지하 1층' }
const MENUS: Pick<NewMenu, 'meal' | 'dishes' | 'price'>[] = [
  { meal: 'breakfast', dishes: ['미역국', '달걀말이', '배추김치'], price: 4000 },
  { meal: 'lunch', dishes: ['김치찌개', '제육볶음', '상추쌈'], price: 5500 },
  { meal: 'dinner', dishes: ['비빔밥', '된장국', '깍두기'], price: 5500 },
]

/**
 * Makes what a first visitor finds, as people would: they sign in, the administrator approves, meal's one writes menus,
 * user.lee auth profiles, managers cases.
 */
export async function seed(door: FrontDoor, outside: string, user: Database): Promise<void> {
  const administrator = await door.signIn(ADMINISTRATOR, DEVELOPMENT_PASSWORD)
  for (const username of APPROVED)
    await unlessChanged(async () => {
      await door.signIn(username, DEVELOPMENT_PASSWORD)
      await approve(door, administrator, username)
    })
  await unlessChanged(async () => cook(door, await door.signIn('meal.choi', DEVELOPMENT_PASSWORD)))
  await unlessChanged(async () => {
    await grantProfiles(door, administrator, PROFILE_OWNER)
    await makeDemoProfiles(door, await door.signIn(PROFILE_OWNER, DEVELOPMENT_PASSWORD), outside)
  })
  await seedTenants(door, administrator, user)
}

async function cook(door: FrontDoor, token: string): Promise<void> {
  const { restaurants } = await door.call<Restaurants>('GET', '/api/meal/v1/restaurants')
  if (restaurants.length === 0) await door.call('POST', '/api/meal/v1/restaurants', token, RESTAURANT)
  for (const date of todays()) await writeMenus(door, token, date)
}

/** Where the seeded restaurant, if it is still there, has none on that day. */
async function writeMenus(door: FrontDoor, cook: string, date: string): Promise<void> {
  const { restaurants } = await door.call<Restaurants>('GET', '/api/meal/v1/restaurants')
  const restaurant = restaurants.find(({ name }) => name === RESTAURANT.name)
  if (restaurant === undefined) return
  const query = `date=${date}&restaurant_id=${restaurant.id}`
  const { menus } = await door.call<Menus>('GET', `/api/meal/v1/menus?${query}`)
  if (menus.length > 0) return
  for (const menu of MENUS)
    await door.call('POST', '/api/meal/v1/menus', cook, { ...menu, restaurant_id: restaurant.id, date })
}

/** Gives somebody who was approved the section of auth profiles, beside those they have. */
export async function grantProfiles(door: FrontDoor, administrator: string, username: string): Promise<void> {
  const { sub, sections, own_sections } = await personOf(door, administrator, username)
  if (sections.some(({ id }) => id === PROFILE_SECTION)) return
  const granted = [...own_sections, { id: PROFILE_SECTION, level: 'user' }]
  await door.call('PUT', `/api/admin/v1/people/${sub}/sections`, administrator, { sections: granted })
}

/** Makes somebody who signed in for the first time a USER. */
export async function approve(door: FrontDoor, administrator: string, username: string): Promise<void> {
  const { sub, role } = await personOf(door, administrator, username)
  if (role === 'PENDING') await door.call('POST', `/api/admin/v1/people/${sub}/approve`, administrator)
}

async function personOf(door: FrontDoor, administrator: string, username: string): Promise<Person> {
  const { people } = await door.call<PeoplePage>('GET', `/api/admin/v1/people?search=${username}`, administrator)
  const person = people.find(({ user_id }) => user_id === username)
  if (person === undefined) throw new Error(`${username} has never signed in`)
  return person
}

/** The day where this house stands, and the day in Korea, which the chatbot asks for. */
const todays = () => new Set([dayIn(), dayIn('Asia/Seoul')])

/** As menus are dated. */
export const dayIn = (timeZone?: string) => new Date().toLocaleDateString('sv-SE', { timeZone })
