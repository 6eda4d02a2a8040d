import type { RelayClient } from '../clients/clients.ts'
import { redirectAfterNotAllowed } from '../problems.ts'
import { normalAddress } from './address.ts'
import { localSegments } from './local-path.ts'

const MAX_LENGTH = 2048

/** Whether the client may be brought tokens there: one of its call-backs, exactly, after normalising. */
export function isAllowedCallback({ callbackUrls }: Pick<RelayClient, 'callbackUrls'>, url: string): boolean {
  const address = normalAddress(url)
  return address !== undefined && callbackUrls.has(address)
}

/**
 * Where the browser goes after the login, a path of this origin; undefined where nothing was asked for, `""` included.
 * @throws Problem 400 `redirect-after-not-allowed`
 */
export function redirectTarget(
  { redirectAfter }: Pick<RelayClient, 'redirectAfter'>,
  wanted: string | null | undefined,
): string | undefined {
  if (wanted === undefined || wanted === null || wanted === '') return undefined
  const segments = localSegments(wanted)
  if (segments === undefined || !redirectAfter.some((prefix) => isWithin(segments, localSegments(prefix)))) {
    throw redirectAfterNotAllowed()
  }
  // As the browser will read it: non-ASCII encoded, nothing else changed.
  const { pathname, search, hash } = new URL(wanted, 'http://local')
  const target = pathname + search + hash
  // One character may be nine by now, and a link that holds too many is refused by servers on its way.
  if (target.length > MAX_LENGTH) throw redirectAfterNotAllowed()
  return target
}

function isWithin(segments: string[], prefix: string[] | undefined): boolean {
  return prefix?.every((segment, index) => segments[index] === segment) === true
}
