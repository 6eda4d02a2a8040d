import assert from 'node:assert/strict'

type Ask = () => Promise<{ status: number; problem?: string | undefined }>

/** Asks again and again until the answer is that; the caller's own patience holds each one to 2 s. */
export async function until(ask: Ask, status: number, withinMs: number): Promise<void> {
  const limit = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer.status === status) return
    assert.ok(performance.now() < limit, `still ${answer.status} after ${withinMs} ms`)
  }
}

/** Asks without a pause, and every answer is a good one. */
export async function isGoodFor(ask: Ask, ms: number): Promise<void> {
  const limit = performance.now() + ms
  while (performance.now() < limit) {
    const { status, problem } = await ask()
    assert.equal(status, 200, problem)
  }
}
