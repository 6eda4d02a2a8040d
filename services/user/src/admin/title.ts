import { Type } from 'typebox'

/** What a section, a group or a tenant is called from now on; an older one may be blank. */
export const NewTitle = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' })
