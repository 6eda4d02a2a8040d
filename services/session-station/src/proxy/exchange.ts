import type { Context } from '../contexts/context.ts'
import { Attempt, type Outcome, type Turn } from './attempt.ts'
import type { Call, ProxyDeps } from './call.ts'
import { outboundOf } from './outbound.ts'
import { isWorthRepeating, refusalOf } from './target-failure.ts'

/** Has the call answered; ends when the answer has begun. @throws Problem where none has */
export async function exchange(call: Call, deps: ProxyDeps): Promise<void> {
  const { sub, service_id } = call
  const { context } = await deps.contexts.find(sub, service_id)
  const turn = deps.contexts.mayRenew(context) ? 'first' : 'only'
  const outcome = await visit(call, context, deps, turn)
  if (outcome === 'answered' || turn === 'only') return
  const renewal = deps.contexts.renewAfter(sub, service_id, context)
  if (outcome === 'answered-expired') renewal.catch((err) => call.reply.log.info({ err }, 'renewal failed'))
  else await visit(call, await renewal, deps, 'again')
}

/** One attempt, and a second one where only the connection was bad. */
async function visit(call: Call, context: Context, deps: ProxyDeps, turn: Turn): Promise<Outcome> {
  const attempt = async () => new Attempt(call, context, deps, turn).send(await outboundOf(call, context))
  try {
    return await attempt().catch((error) => {
      if (!isWorthRepeating(error, call.request.method) || call.body?.isRepeatable === false) throw error
      return attempt()
    })
  } catch (error) {
    throw refusalOf(error)
  }
}
