import { Problem } from '@munjigi/problem'
import { conflict } from '../problems.ts'

export const sectionNotFound = () =>
  new Problem(404, 'section-not-found', 'There is no such section', { detail: 'Look for it in the list' })
export const sectionExists = () =>
  conflict('section-exists', 'A section with that id exists already', 'Choose another id')
export const sectionProtected = () =>
  conflict('section-protected', 'Administration itself depends on this section', 'It can be renamed, not removed')
