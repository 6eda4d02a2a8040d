import type { PasswordChange } from '@munjigi/contracts/passwords'
import { networkOf } from '@munjigi/server/network'
import type { FastifyRequest } from 'fastify'
import { recordOwn } from '../audit/audit.ts'
import { callerOf } from '../caller.ts'
import { changeOwn, requireSignedIn } from '../people/own-login.ts'
import { endSessionsOf } from '../sessions/sessions.ts'
import { isPassword, newHash, type PasswordDeps } from './password-check.ts'
import { newPasswordText, passwordText } from './password-text.ts'
import { findStoredOf, isStillPassword, setPassword } from './passwords.ts'
import { passwordNotSet, passwordWrong } from './problems.ts'

/**
 * Replaces one's own password, ends one's other sessions and tells the person by mail. A wrong current password counts like a
 * failed sign-in.
 * @throws Problem 400, 403 `password-wrong`, 409 `password-not-set`, 429, 503
 */
export async function changePassword(deps: PasswordDeps, request: FastifyRequest, given: PasswordChange) {
  const { person, sid } = await requireSignedIn(deps.db, request)
  const caller = callerOf(request)
  const origin = networkOf(caller.address)
  const { account, dearestBcrypt } = await findStoredOf(deps.db, { sub: person.sub, origin })
  if (account === undefined || account.hash === null) throw passwordNotSet()
  const next = newPasswordText(deps.settings, given.new_password, account.email)
  const password = passwordText(given.current_password, 'current_password')
  const tried = { account, dearestBcrypt, email: account.email, origin, password }
  if (!(await isPassword(deps, tried))) throw passwordWrong()
  const hash = await newHash(deps, account.email, next)
  const ended = await changeOwn(deps.db, request, async (trx) => {
    if (!(await isStillPassword(trx, account))) throw passwordWrong()
    await setPassword(trx, person.sub, hash)
    await recordOwn(trx, person, {
      action: 'person.password-changed',
      request_id: caller.request_id,
      details: { by: 'own' },
    })
    await deps.outbox.tellPerson(trx, 'password-changed', person.sub)
    return endSessionsOf(trx, person.sub, { except: sid })
  })
  deps.sender.wake()
  if (ended.length > 0) await deps.events.personChanged(person.sub)
}
