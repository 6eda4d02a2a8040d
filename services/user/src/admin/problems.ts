import { conflict, forbidden } from '../problems.ts'

export const sectionRequired = () =>
  forbidden('section-required', 'Administration is not open to you', 'Ask for section admin-page with level admin')
export const ownRights = () => forbidden('own-rights', 'Nobody changes their own rights', 'Ask another administrator')
export const lastAdministrator = () =>
  conflict('last-administrator', 'The last superuser stays', 'Make somebody else superuser first')
