import type { Menus, Restaurants } from '@munjigi/contracts/meal'
import { cut, MAX_TEXT_LENGTH } from '../kakao/skill-answer.ts'
import { menusText, nameOf } from '../skill/menus-text.ts'
import { texts } from '../skill/texts.ts'

export interface DaysMenus {
  day: string
  menus: Menus
  restaurants: Restaurants
}

/** The day's menus in what Kakao lets one message hold; what the person administers is kept whatever else is cut. */
export function noticeText({ day, menus, restaurants }: DaysMenus, administered: Restaurants['restaurants']): string {
  const own = administered.length === 0 ? '' : `\n\n${texts.ko.administers(administered.map(nameOf).join(', '))}`
  const last = cut(own, MAX_TEXT_LENGTH / 2)
  return cut(menusText(day, menus, restaurants, 'ko'), MAX_TEXT_LENGTH - last.length) + last
}
