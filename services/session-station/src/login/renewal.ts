import { isGiven } from '../extraction/given-fields.ts'
import { usedFields } from '../injection/used-fields.ts'
import type { LoginRequest, Profile, RefreshRequest } from '../profiles/profile.ts'
import { type Fields, fieldsIn } from './filled.ts'
import { LoginError } from './login-error.ts'
import type { LoginOutcome } from './login-outcome.ts'
import { type LoginDeps, LoginRun } from './login-run.ts'
import { requireFields } from './required-fields.ts'
import { requireSuccess } from './verdict.ts'

/** Renews what a login made, by its refresh token; what the answer leaves out stays as it was. */
export async function renew(
  profile: Profile,
  from: { fields: Fields; jar: string | undefined },
  deps: LoginDeps,
): Promise<LoginOutcome> {
  const request = profile.refresh && withToken(profile.refresh)
  const run = new LoginRun(profile, request ? [request] : [], from, deps)
  run.place = 'renewal: '
  try {
    if (!request) throw new LoginError('refused', 'the profile does not renew')
    const last = Math.max(0, profile.requests.length - 1)
    const answer = await run.send(request)
    // Kept whatever follows: the refresh token that was sent may be used up by now.
    if (answer.status < 400) run.salvaged = run.take(last, answer)
    requireSuccess(answer, request, deps.now())
    await run.addCodes(usedFields(profile.injection_rules))
    requireNewFields(profile, last, run.salvaged)
    requireFields(profile, run.fields, Object.keys(run.salvaged))
    return run.ended()
  } catch (error) {
    return run.ended(error)
  }
}

/** The token goes into the payload where nothing else names it (RFC 6749 §6). */
function withToken(request: RefreshRequest): LoginRequest {
  const { refresh_token_field: field } = request
  if (fieldsIn(request).has(field)) return request
  return { ...request, payload: { ...request.payload, [field]: { $template: `{${field}}` } } }
}

/** An old access token would be taken for a new one: what the login's last answer gave has to come again. */
function requireNewFields(profile: Profile, last: number, found: Fields): void {
  const injected = usedFields(profile.injection_rules)
  const expected = profile.extraction_rules
    .filter((rule) => !isGiven(rule) && (rule.step ?? last) === last && injected.has(rule.name))
    .map(({ name }) => name)
  if (expected.length > 0 && !expected.some((name) => Object.hasOwn(found, name))) {
    throw new LoginError('bad-answer', 'the answer has none of the values that the injections use')
  }
}
