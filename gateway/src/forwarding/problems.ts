import { Problem } from '@munjigi/problem'
import { SHORTLY } from '../problems.ts'

export const bodyTooLarge = (limitBytes: number) =>
  new Problem(413, 'body-too-large', 'The request body is too large', { detail: `Send at most ${limitBytes} bytes` })
export const serviceBusy = () =>
  new Problem(503, 'service-busy', 'The service has too many requests at once', {
    detail: 'Try again shortly',
    headers: SHORTLY,
  })
export const internalFault = () =>
  new Problem(500, 'internal', 'Something went wrong on our side', {
    detail: 'Try again; if it stays, report the request_id',
  })
