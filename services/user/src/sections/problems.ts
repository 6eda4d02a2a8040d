import { Problem } from '@munjigi/problem'

export const sectionNotFound = () =>
  new Problem(404, 'section-not-found', 'There is no such section', { detail: 'Look for it in the list' })
export const sectionExists = () =>
  new Problem(409, 'section-exists', 'A section of that id exists', { detail: 'Choose another id' })
export const sectionProtected = () =>
  new Problem(409, 'section-protected', 'Administration itself stands on this section', {
    detail: 'It can be renamed, not removed',
  })
