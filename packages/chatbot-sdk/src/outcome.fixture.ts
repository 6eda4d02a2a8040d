import assert from 'node:assert/strict'
import { Problem } from '@munjigi/problem'

/** `<status> <problem type>`. */
export function refusalOf(error: unknown): string {
  assert.ok(error instanceof Problem, String((error as Error).stack))
  return `${error.status} ${error.type}`
}

/** `accepted`, or what it was refused with. */
export const outcomeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'accepted', refusalOf)

/** For `assert.rejects`. */
export const isProblem = (status: number, type: string) => (error: Problem) => {
  assert.deepEqual([error.status, error.type], [status, type])
  return true
}
