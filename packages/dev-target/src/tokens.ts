import { randomBytes } from 'node:crypto'
import type { KindParts } from './kind.ts'

/** A login and what was renewed from it. */
interface Family {
  user: string
  hasEnded: boolean
}

export interface Issued {
  user: string
  access: string
  refresh: string
}

export const randomToken = (): string => randomBytes(24).toString('base64url')

/** Opaque tokens of one kind of login, and refresh tokens that are good for one use each. */
export function createTokens({ lifeSeconds, onForget }: KindParts) {
  const living = new Map<string, { family: Family; endsAt: number }>()
  const renewing = new Map<string, { family: Family; isUsed: boolean }>()
  onForget((keepsRefreshTokens) => {
    living.clear()
    if (!keepsRefreshTokens) renewing.clear()
  })

  // All live equally long, so the oldest end first.
  const prune = () => {
    for (const [token, { endsAt }] of living) {
      if (endsAt > Date.now()) return
      living.delete(token)
    }
  }
  const issue = (family: Family): Issued => {
    prune()
    const [access, refresh] = [randomToken(), randomToken()]
    living.set(access, { family, endsAt: Date.now() + lifeSeconds * 1000 })
    renewing.set(refresh, { family, isUsed: false })
    return { user: family.user, access, refresh }
  }
  return {
    begin: (user: string): Issued => issue({ user, hasEnded: false }),
    /** RFC 9700 §4.14.2: a refresh token that comes again ends all that was made of its login. */
    renew(refresh: string): Issued | undefined {
      const known = renewing.get(refresh)
      if (known === undefined || known.family.hasEnded) return undefined
      if (known.isUsed) {
        known.family.hasEnded = true
        return undefined
      }
      known.isUsed = true
      return issue(known.family)
    },
    userOf(access: string | undefined): string | undefined {
      const known = living.get(access ?? '')
      return known && !known.family.hasEnded && known.endsAt > Date.now() ? known.family.user : undefined
    },
  }
}
