import { type Answer, answerText, UnreadableAnswer } from '../extraction/answer-text.ts'
import { parsePath } from '../extraction/body-path.ts'
import { numberOfValue, readJson, readPath } from '../extraction/json.ts'
import type { BodyCheck } from '../profiles/profile.ts'

/** Whether a JSON answer has the value, or has one at all where none is stated; undefined where it is no JSON that can be read. */
export function bodyHolds(answer: Answer, { path, equals }: BodyCheck): boolean | undefined {
  const json = jsonOf(answer)
  if (json === undefined) return undefined
  const found = readPath(json, parsePath(path))
  if (equals === undefined) return found !== undefined && found !== null
  return typeof equals === 'number' ? numberOfValue(found) === equals : found === equals
}

function jsonOf(answer: Answer): unknown {
  try {
    return readJson(answerText(answer))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof UnreadableAnswer) return undefined
    throw error
  }
}
