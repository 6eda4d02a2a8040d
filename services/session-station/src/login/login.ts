import { usedFields } from '../injection/used-fields.ts'
import type { Profile } from '../profiles/profile.ts'
import type { LoginOutcome } from './login-outcome.ts'
import { type LoginDeps, LoginRun } from './login-run.ts'
import { requireFields } from './required-fields.ts'
import { requireSuccess } from './verdict.ts'

/** Logs in as the profile says: request by request with one jar, each filled with what those before it gave. */
export async function logIn(profile: Profile, deps: LoginDeps): Promise<LoginOutcome> {
  const { requests } = profile
  const run = new LoginRun(profile, requests, { fields: {}, jar: undefined }, deps)
  try {
    for (const [index, request] of requests.entries()) {
      run.place = requests.length > 1 ? `step ${index + 1} of ${requests.length}: ` : ''
      const answer = await run.send(request)
      requireSuccess(answer, request, deps.now())
      Object.assign(run.salvaged, run.take(index, answer))
    }
    run.place = ''
    await run.addCodes(usedFields(profile.injection_rules))
    requireFields(profile, run.fields, Object.keys(run.salvaged))
    return run.ended()
  } catch (error) {
    return run.ended(error)
  }
}
