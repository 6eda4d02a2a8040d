import { Problem } from '@munjigi/problem'
import { conflict } from '../problems.ts'

export const groupNotFound = () =>
  new Problem(404, 'group-not-found', 'There is no such group', { detail: 'Look for it in the list' })
export const groupExists = () => conflict('group-exists', 'A group with that id exists already', 'Choose another id')
