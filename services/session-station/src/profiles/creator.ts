import type { UserContext } from '@munjigi/identity/user-context'

export interface Creator {
  /** Whose profile it will be. */
  sub: string
  /** Who makes it: the person, or the client that acts for them. */
  createdBy: string
}

/** RFC 8693 §4.1: `act` names who acts. */
export function creatorOf({ sub, token }: Pick<UserContext, 'sub' | 'token'>): Creator {
  const { act } = token.claims as { act?: { sub?: unknown } }
  return { sub, createdBy: typeof act?.sub === 'string' ? act.sub.slice(0, 255) : sub }
}
