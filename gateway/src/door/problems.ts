import { Problem } from '@munjigi/problem'
import { methodNotAllowed } from '../problems.ts'

export const unknownHost = () =>
  new Problem(400, 'unknown-host', 'This host is not served here', { detail: 'Use the public address of this gateway' })
export const headersTooLarge = () =>
  new Problem(431, 'headers-too-large', 'The request headers are too large', {
    detail: 'Send at most 16 KB of headers',
  })
export const contextTooLarge = () =>
  new Problem(431, 'context-too-large', 'X-Service-Context is too large', { detail: 'Send at most 4 KB in it' })
export const expectationFailed = () =>
  new Problem(417, 'expectation-failed', 'Only 100-continue can be expected', { detail: 'Leave the header Expect out' })
export const methodNotProxied = (method: string) =>
  methodNotAllowed(`${method} is never forwarded`, 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
