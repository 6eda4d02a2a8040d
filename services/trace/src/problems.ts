import { Problem } from '@munjigi/problem'

export const traceNotFound = () =>
  new Problem(404, 'trace-not-found', 'There is no such trace', {
    detail: 'A trace begins with its first entry: append one',
  })
export const traceNotYours = () =>
  new Problem(403, 'trace-not-yours', 'This trace is somebody else’s', {
    detail: 'Append to a trace id of your own; reading is for the owner and for administrators of the tenant',
  })
export const traceFull = () =>
  new Problem(409, 'trace-full', 'The trace has no room for these entries', {
    detail: 'Go on under another trace id',
  })
export const entryTooLarge = () =>
  new Problem(413, 'entry-too-large', 'The fields of an entry are too large', {
    detail: 'fields may take 8 KB as JSON',
  })
export const upgradeRequired = () =>
  new Problem(426, 'upgrade-required', 'This is a WebSocket', {
    detail: 'Connect with a WebSocket client, or GET /api/trace/v1/traces/{trace_id}/entries',
    headers: { upgrade: 'websocket', connection: 'upgrade' },
  })
