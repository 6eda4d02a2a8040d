import type { BodyCheck } from '../profiles/profile.ts'
import { answerReader, NothingFound } from './answer-reader.ts'
import type { Answer } from './answer-text.ts'
import { parsePath } from './body-path.ts'
import { numberOfValue, readPath } from './json.ts'

/** Without `equals` anything but null is there: answers that succeed say `"error": null` too. */
export function holdsIn(value: unknown, { path, equals }: BodyCheck): boolean {
  const found = readPath(value, parsePath(path))
  if (equals === undefined) return found !== undefined && found !== null
  return typeof equals === 'number' ? numberOfValue(found) === equals : found === equals
}

/** Whether a JSON answer (at most 1 MB) holds what is stated of it; undefined where it is no JSON that can be read. */
export function meetsBodyCheck(answer: Answer, check: BodyCheck): boolean | undefined {
  try {
    return holdsIn(answerReader(answer).json(), check)
  } catch (error) {
    if (error instanceof NothingFound) return undefined
    throw error
  }
}
