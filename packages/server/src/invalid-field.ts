import { Problem } from '@munjigi/problem'

/** 400 `invalid-request` in the shape of a refusal by schema, for what no schema can express. */
export const invalidField = (field: string, message: string): Problem =>
  new Problem(400, 'invalid-request', 'The request is not valid', {
    detail: `${field}: ${message}`,
    extensions: { faults: [{ field, message }] },
  })
