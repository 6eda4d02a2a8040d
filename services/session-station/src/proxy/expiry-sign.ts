import type { IncomingHttpHeaders } from 'node:http'
import { READABLE_BYTES } from '../extraction/answer-text.ts'
import { holdsIn } from '../extraction/body-check.ts'
import { readJson } from '../extraction/json.ts'
import type { Expired } from '../profiles/profile.ts'
import { isJsonType } from './json-type.ts'

/** `body`: that decides, once it is there. */
export type Verdict = 'good' | 'expired' | 'body'

/** Whether an answer says that the login has ended: 401 always does, else everything that the profile states has to hold. */
export function judgeHead(
  expired: Expired | undefined,
  status: number,
  headers: IncomingHttpHeaders,
  href: string,
): Verdict {
  if (status === 401) return 'expired'
  if (expired === undefined) return 'good'
  if (expired.status !== undefined && !expired.status.includes(status)) return 'good'
  if (expired.location !== undefined && !leadsTo(expired.location, status, headers.location, href)) return 'good'
  if (expired.body === undefined) return 'expired'
  const { 'content-type': type, 'content-length': length = '0' } = headers
  return isJsonType(type) && Number(length) <= READABLE_BYTES ? 'body' : 'good'
}

export function judgeBody(check: NonNullable<Expired['body']>, body: Buffer): Verdict {
  try {
    return holdsIn(readJson(body.toString()), check) ? 'expired' : 'good'
  } catch {
    // What cannot be read says nothing.
    return 'good'
  }
}

function leadsTo(path: string, status: number, location: string | undefined, href: string): boolean {
  if (status < 300 || status > 399 || location === undefined || !URL.canParse(location, href)) return false
  return new URL(location, href).pathname.startsWith(path)
}
