import { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { validatorCompiler } from '@munjigi/server/validators'

const validate = validatorCompiler({ schema: ProfileContent, httpPart: 'body', method: 'PUT', url: '' })

/** Content put together from several requests, held to the schema of one; its defaults are filled in. @throws as a body that is not valid. */
export function validContent(content: unknown): ProfileContent {
  const outcome = validate(content) as true | { error: object[] }
  if (outcome === true) return content as ProfileContent
  throw Object.assign(new Error('the profile is not valid'), {
    statusCode: 400,
    validation: outcome.error,
    validationContext: 'body',
  })
}
