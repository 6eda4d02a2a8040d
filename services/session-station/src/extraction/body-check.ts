import type { BodyCheck } from '../profiles/profile.ts'
import { answerReader, NothingFound } from './answer-reader.ts'
import type { Answer } from './answer-text.ts'
import { parsePath } from './body-path.ts'
import { numberOfValue, readPath } from './json.ts'

/** Whether a JSON answer (at most 1 MB) holds what is stated of it; undefined where it is no JSON that can be read. */
export function meetsBodyCheck(answer: Answer, { path, equals }: BodyCheck): boolean | undefined {
  try {
    const found = readPath(answerReader(answer).json(), parsePath(path))
    if (equals === undefined) return found !== undefined && found !== null
    return typeof equals === 'number' ? numberOfValue(found) === equals : found === equals
  } catch (error) {
    if (error instanceof NothingFound) return undefined
    throw error
  }
}
