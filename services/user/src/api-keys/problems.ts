import { Problem } from '@munjigi/problem'
import { conflict } from '../problems.ts'

export const keyNotFound = () =>
  new Problem(404, 'key-not-found', 'There is no such API key', { detail: 'Look for it in the list' })
export const noActiveKey = () =>
  new Problem(404, 'no-active-key', 'There is no API key that works', { detail: 'Make one' })
export const tooManyKeys = () => conflict('too-many-keys', 'Too many API keys', 'Revoke one that is no longer used')
