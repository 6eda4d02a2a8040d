import { inTime } from '@munjigi/deadline'
import type { Idp } from './idp.ts'
import type { Login } from './logins.ts'
import { findClient } from './realm.ts'

// A client that hangs delays the logout by this much.
const ANSWER_LIMIT_MS = 5_000

/** Tells the clients of ended logins (OpenID Connect Back-Channel Logout 1.0 §2.5), one that has several in a session once. */
export async function announceLogouts(idp: Idp, ended: Login[]): Promise<void> {
  const notices = new Map(ended.map((login) => [`${login.sid}:${login.client_id}`, login]))
  await Promise.all(notices.values().map((login) => announce(idp, login)))
}

async function announce({ realm, tokens }: Idp, login: Login): Promise<void> {
  const client = findClient(realm, login.client_id)
  const url = client?.attributes['backchannel.logout.url']
  if (client === undefined || !url) return
  const body = new URLSearchParams({ logout_token: await tokens.logoutToken(login, client) })
  // The login has ended, whatever the client says to it.
  const ask = (signal: AbortSignal) => fetch(url, { method: 'POST', body, redirect: 'manual', signal })
  await inTime(ANSWER_LIMIT_MS, ask).then(
    (answer) => answer.body?.cancel(),
    () => undefined,
  )
}
