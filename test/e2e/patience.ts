import assert from 'node:assert/strict'
import { eventually } from '@munjigi/testing/eventually'

type Ask = () => Promise<{ status: number; problem?: string | undefined }>

const PATIENCE_MS = 20_000
/** Less than a gateway goes on with what it remembers (it asks ahead after 4.25 s): what it knows by then it was told. */
const TOLD_WITHIN_MS = 3_000

/** Asks again and again until the answer has that status; the caller's own patience holds each one to 10 s. */
export async function until(ask: Ask, status: number, withinMs = PATIENCE_MS): Promise<void> {
  const limit = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer.status === status) return
    assert.ok(performance.now() < limit, `still ${answer.status} after ${withinMs} ms`)
  }
}

/** @throws where the answer gets that status so late that nobody need have told it */
export const untilTold = (ask: Ask, status: number): Promise<void> => until(ask, status, TOLD_WITHIN_MS)

/** Asks until the answer is this refusal. */
export const untilRefused = (ask: Ask, status: number, problem: string): Promise<void> =>
  eventually(async () => {
    const answer = await ask()
    assert.deepEqual([answer.status, answer.problem], [status, problem])
  })

/** Asks without a pause, and every answer is a good one. */
export async function isGoodFor(ask: Ask, ms: number): Promise<void> {
  const limit = performance.now() + ms
  while (performance.now() < limit) {
    const { status, problem } = await ask()
    assert.equal(status, 200, problem)
  }
}
