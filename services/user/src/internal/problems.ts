import { Problem } from '@munjigi/problem'
import { forbidden } from '../problems.ts'

export const internalKeyInvalid = () =>
  new Problem(401, 'internal-key-invalid', 'The internal key is not accepted', {
    detail: 'Send X-Internal-Key with a key of INTERNAL_KEYS',
  })
export const actingRefused = (detail: string) =>
  forbidden('acting-refused', 'The client may not act for this person', detail)
