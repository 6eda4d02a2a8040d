import { type Static, Type } from 'typebox'

export const TraceId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const TraceLevel = Type.Enum(['debug', 'info', 'warn', 'error'])

/** One log line of a trace; `seq` grows by one within a trace, `at` is ISO 8601 in UTC. */
export const TraceEntry = Type.Object({
  trace_id: TraceId,
  seq: Type.Integer({ minimum: 1 }),
  at: Type.String({ format: 'date-time' }),
  level: TraceLevel,
  message: Type.String({ minLength: 1, maxLength: 8192 }),
  fields: Type.Record(Type.String(), Type.Unknown()),
})
export type TraceEntry = Static<typeof TraceEntry>

/** What goes over `/ws/trace/{trace_id}`: entries, and a ping that is answered by a pong. */
export const TraceMessage = Type.Union([
  Type.Object({ type: Type.Literal('entry'), entry: TraceEntry }),
  Type.Object({ type: Type.Enum(['ping', 'pong']) }),
])
export type TraceMessage = Static<typeof TraceMessage>
