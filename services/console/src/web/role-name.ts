import type { TFunction } from 'i18next'
import { ko } from './texts/ko.ts'

const isNamed = (role: string): role is keyof typeof ko.roles => Object.hasOwn(ko.roles, role)

/** A role that came after this console is shown by its id. */
export const roleName = (t: TFunction, role: string): string => (isNamed(role) ? t(`roles.${role}`) : role)
