/** From when on a context is renewed while it is still good: `refreshBeforeExpire` (seconds) before its end, at most half its life. */
export function dueAt(obtainedAt: number, endsAt: number, refreshBeforeExpire: number): number {
  return endsAt - Math.min(refreshBeforeExpire * 1000, (endsAt - obtainedAt) / 2)
}
