import { TraceId } from '@munjigi/contracts/trace'
import { requireUser } from '@munjigi/identity/user-context'
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { traceNotFound, traceNotYours } from './problems.ts'
import { readingOf } from './rights.ts'
import type { TraceStore } from './store.ts'

export const TraceParams = Type.Object({ trace_id: TraceId })
type TraceParams = Static<typeof TraceParams>

/** A preHandler that lets through who may read the trace of the path. */
export const requireReading =
  (traces: TraceStore) =>
  async (request: FastifyRequest): Promise<void> => {
    const trace = await traces.find((request.params as TraceParams).trace_id)
    const reading = trace ? readingOf(requireUser(request), trace) : 'hidden'
    if (reading === 'hidden') throw traceNotFound()
    if (reading === 'refused') throw traceNotYours()
  }
