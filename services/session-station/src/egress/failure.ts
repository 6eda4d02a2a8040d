import { EgressError } from './egress.ts'

const LATE = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']
const LARGE = ['UND_ERR_HEADERS_OVERFLOW', 'HPE_HEADER_OVERFLOW']

/** What undici and its sockets throw, in the kinds of this service and without their words. */
export function asEgressError(error: unknown, wasSent: boolean): EgressError {
  if (error instanceof EgressError) return error
  const { code = '', name = '' } = error as NodeJS.ErrnoException
  const made = (kind: EgressError['kind'], message: string) => new EgressError(kind, message, { wasSent, cause: error })
  if (name === 'TimeoutError' || LATE.includes(code)) return made('timeout', 'the answer did not come in time')
  if (LARGE.includes(code)) return made('too-large', 'the headers of the answer are too large')
  if (code === 'UND_ERR_INVALID_ARG') return made('address', 'the request is not well-formed')
  return made('closed', 'the connection ended before the answer did')
}
