interface TokenFacts {
  sub: string
  /** From its issue to its end, whatever this machine's clock says. */
  lifetimeMs: number
}

/** What a token says of itself, to show and to plan by; whether it is true is the gateway's to decide. */
export function factsOf(token: string): TokenFacts | undefined {
  try {
    const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''
    const { sub, iat, exp } = JSON.parse(atob(payload)) as Record<string, unknown>
    if (typeof sub !== 'string' || typeof iat !== 'number' || typeof exp !== 'number') return undefined
    return { sub, lifetimeMs: Math.max(0, exp - iat) * 1000 }
  } catch {
    return undefined
  }
}
