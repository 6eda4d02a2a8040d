import { createHash, randomBytes } from 'node:crypto'
import { NEW_PASSWORD_PATH } from '@munjigi/contracts/console'
import type { PasswordReset } from '@munjigi/contracts/passwords'
import { networkOf } from '@munjigi/server/network'
import type { Kysely, Transaction } from 'kysely'
import { recordOwn } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import { lockPerson } from '../people/person-rows.ts'
import { assertActive } from '../people/standing.ts'
import { endEverything } from '../sessions/end-everything.ts'
import type { Tables } from '../tables.ts'
import { mayStillReset } from './link-issuer.ts'
import { newHash, type PasswordDeps } from './password-check.ts'
import { rememberOrigin } from './password-origins.ts'
import { newPasswordText } from './password-text.ts'
import { setPassword } from './passwords.ts'
import { resetLinkInvalid } from './problems.ts'

const LIFE_MS = 86_400_000
const TOKEN_BYTES = 32

/** Makes the one link by which a person sets a password; an earlier one is void. The token itself is kept nowhere. */
export async function insertLink(
  trx: Transaction<Tables>,
  { person_sub, created_by, frontendUrl }: { person_sub: string; created_by: string; frontendUrl: string },
) {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const expires_at = new Date(Date.now() + LIFE_MS)
  await trx.deleteFrom('password_resets').where('person_sub', '=', person_sub).execute()
  await trx
    .insertInto('password_resets')
    .values({ token_hash: digest(token), person_sub, created_by, expires_at })
    .execute()
  // Browsers send what follows # to no server.
  return { reset_url: `${frontendUrl}${NEW_PASSWORD_PATH}#token=${token}`, expires_at: expires_at.toISOString() }
}

/**
 * Sets the password that a link is for, once, ends every session of the person and tells them by mail.
 * @throws Problem 400, 401 `reset-link-invalid`, 403 by the account, 503
 */
export async function resetPassword(deps: PasswordDeps, { token, new_password }: PasswordReset, caller: Caller) {
  const link = await findLink(deps.db, token)
  if (link === undefined) throw resetLinkInvalid()
  const { person_sub } = link
  const hash = await newHash(deps, link.email, newPasswordText(deps.settings, new_password, link.email))
  await deps.db.transaction().execute(async (trx) => {
    const person = await lockPerson(trx, person_sub)
    const issuer = await takeLink(trx, token)
    if (person === undefined || issuer === undefined) throw resetLinkInvalid()
    assertActive(person)
    if (!(await mayStillReset(trx, issuer, person))) throw resetLinkInvalid()
    await setPassword(trx, person_sub, hash)
    await rememberOrigin(trx, person_sub, networkOf(caller.address))
    await deps.outbox.tellPerson(trx, 'password-changed', person_sub)
    await recordOwn(trx, person, {
      action: 'person.password-changed',
      request_id: caller.request_id,
      details: { by: 'link' },
    })
    await endEverything(trx, person_sub)
  })
  deps.sender.wake()
  await deps.events.personChanged(person_sub)
}

const findLink = (db: Kysely<Tables>, token: string) =>
  db
    .selectFrom('password_resets')
    .innerJoin('passwords', 'passwords.person_sub', 'password_resets.person_sub')
    .select(['passwords.person_sub', 'email'])
    .where('token_hash', '=', digest(token))
    .where('expires_at', '>', new Date())
    .executeTakeFirst()

/** Spends the link and gives who made it. */
async function takeLink(trx: Transaction<Tables>, token: string): Promise<string | undefined> {
  const taken = await trx
    .deleteFrom('password_resets')
    .where('token_hash', '=', digest(token))
    .where('expires_at', '>', new Date())
    .returning('created_by')
    .executeTakeFirst()
  return taken?.created_by
}

const digest = (token: string): string => createHash('sha256').update(token).digest('hex')
