import { Problem } from '@munjigi/problem'

export const keyNotFound = () =>
  new Problem(404, 'key-not-found', 'There is no such API key', { detail: 'Look for it in the list' })
export const noActiveKey = () =>
  new Problem(404, 'no-active-key', 'There is no API key that works', { detail: 'Make one' })
export const tooManyKeys = () =>
  new Problem(409, 'too-many-keys', 'Too many API keys', { detail: 'Revoke one that is no longer used' })
