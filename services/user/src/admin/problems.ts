import { Problem } from '@munjigi/problem'

export const sectionRequired = () =>
  new Problem(403, 'section-required', 'Administration is not open to you', {
    detail: 'Ask for section admin-page with level admin',
  })
export const ownRights = () =>
  new Problem(403, 'own-rights', 'Nobody changes their own rights', { detail: 'Ask another administrator' })
export const lastAdministrator = () =>
  new Problem(409, 'last-administrator', 'The last superuser stays', { detail: 'Make somebody else superuser first' })
