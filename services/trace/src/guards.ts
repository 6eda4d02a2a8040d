import { TraceId } from '@munjigi/contracts/trace'
import { requireUser, type UserContext } from '@munjigi/identity/user-context'
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { traceNotFound, traceNotYours } from './problems.ts'
import { mayRead } from './rights.ts'
import type { Trace, TraceStore } from './store.ts'
import { tenantsOf } from './tenants.ts'

export const TraceParams = Type.Object({ trace_id: TraceId })
type TraceParams = Static<typeof TraceParams>

const readable = new WeakMap<FastifyRequest, Trace>()

/** A preHandler that lets through who may read the trace of the path, which is then `readTrace`. */
export const requireReading =
  (traces: TraceStore) =>
  async (request: FastifyRequest): Promise<void> => {
    const user = requireUser(request)
    const trace = await findTrace(traces, user, (request.params as TraceParams).trace_id)
    if (!trace) throw traceNotFound()
    if (!mayRead(user, trace)) throw traceNotYours()
    readable.set(request, trace)
  }

/** The trace that `requireReading` let through. */
export function readTrace(request: FastifyRequest): Trace {
  const trace = readable.get(request)
  if (!trace) throw new Error('the route has no requireReading')
  return trace
}

/** The trace that a caller means by an id. */
export async function findTrace(traces: TraceStore, user: UserContext, id: string): Promise<Trace | undefined> {
  for (const tenant_id of tenantsOf(user)) {
    const trace = await traces.find({ tenant_id, id })
    if (trace) return trace
  }
  return undefined
}
