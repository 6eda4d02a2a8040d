import { Problem } from '@munjigi/problem'

export const groupNotFound = () =>
  new Problem(404, 'group-not-found', 'There is no such group', { detail: 'Look for it in the list' })
export const groupExists = () =>
  new Problem(409, 'group-exists', 'A group of that id exists', { detail: 'Choose another id' })
