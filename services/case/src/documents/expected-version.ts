import { preconditionFailed, versionOutdated, versionRequired } from '../problems.ts'

interface Expected {
  /** RFC 9110 §13.1.1: `*`, or strong tags. */
  ifMatch: string | undefined
  version: number | undefined
}

export const etagOf = (version: number): string => `"${version}"`

/** Whoever changes a document says which version they saw; both ways are checked where both are used. @throws Problem 409, 412, 428 */
export function assertExpected(current: number, { ifMatch, version }: Expected): void {
  if (ifMatch === undefined && version === undefined) throw versionRequired()
  if (ifMatch !== undefined && !matches(ifMatch, current)) throw preconditionFailed()
  if (version !== undefined && version !== current) throw versionOutdated()
}

const matches = (ifMatch: string, current: number): boolean =>
  ifMatch
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag === etagOf(current))
