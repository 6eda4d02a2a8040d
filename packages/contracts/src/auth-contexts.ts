import { type Static, Type } from 'typebox'
import { AuthProfile, InjectionRule, ProfileContent, ServiceId } from './auth-profiles.ts'

const Time = Type.String({ format: 'date-time' })

/** One value to put into a request. */
export const Injection = Type.Object({
  target: InjectionRule.properties.target,
  key: Type.String(),
  value: Type.String(),
  required: Type.Boolean(),
})
export type Injection = Static<typeof Injection>

/** `GET auth-context/{service_id}` (source 004). */
export const AuthContext = Type.Object({
  success: Type.Boolean(),
  service_id: ServiceId,
  context_fields: Type.Array(Type.String(), { description: 'names of what was extracted' }),
  injections: Type.Array(Injection),
  from_cache: Type.Boolean(),
  expires_at: Time,
})
export type AuthContext = Static<typeof AuthContext>

/** `POST auth-profiles/{service_id}/test` (source 004): what a login made that nobody uses. A failed one is a problem with the same members. */
export const TestedLogin = Type.Object({
  success: Type.Boolean(),
  message: Type.String({ description: 'HTTP 200 (234ms)' }),
  status_code: Type.Union([Type.Integer(), Type.Null()], {
    description: 'null where nobody was asked or nobody answered',
  }),
  response_body: Type.Unknown({
    description: 'of the last request; text and numbers masked, other than JSON by its size',
  }),
  response_headers: Type.Record(Type.String(), Type.String()),
  extracted_context: Type.Record(Type.String(), Type.String(), { description: 'by name what was found, masked' }),
  extraction_rules: ProfileContent.properties.extraction_rules,
})
export type TestedLogin = Static<typeof TestedLogin>

/** `GET revealed/{service_id}`: the profile with its secrets in the open, and what the present login has brought. */
export const RevealedProfile = Type.Object({
  profile: AuthProfile,
  context: Type.Union(
    [
      Type.Object({
        fields: Type.Record(Type.String(), Type.String(), { description: 'what was extracted, by name' }),
        injections: Type.Array(Injection),
        obtained_at: Time,
        expires_at: Time,
      }),
      Type.Null(),
    ],
    { description: 'null where nobody is logged in; revealing makes no login' },
  ),
})
export type RevealedProfile = Static<typeof RevealedProfile>
