import type { Document, Element } from 'domhandler'
import { type Answer, answerText, mediaType, UnreadableAnswer } from './answer-text.ts'
import { PathFault, parsePath } from './body-path.ts'
import { elementValue, parseHtml, UnreadablePage } from './html.ts'
import { readJson, readPath, textOfValue } from './json.ts'
import { firstMatch } from './selector.ts'

/** Why nothing could be found; the message holds no word of the answer. */
export class NothingFound extends Error {}

/** One answer, decoded and parsed at most once however many rules read it. All throw NothingFound where it is unreadable. */
export function answerReader(answer: Answer) {
  const text = once(() => answerText(answer))
  const json = once(() => readJson(text()))
  const page = once(() => parseHtml(text()))

  return {
    json: () => readable(json),
    body: (path: string | undefined) => readable(() => bodyValue(answer, path, text, json)),
    element: (selector: string, attribute: string | undefined) =>
      readable(() => elementOf(page(), selector, attribute)),
    header: (name: string, all: boolean) => headerOf(answer, name, all),
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  let failed: { error: unknown } | undefined
  return () => {
    if (failed) throw failed.error
    try {
      made ??= { value: make() }
    } catch (error) {
      failed = { error }
      throw error
    }
    return made.value
  }
}

function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new NothingFound('the answer is no JSON', { cause })
    if (cause instanceof UnreadableAnswer || cause instanceof UnreadablePage || cause instanceof PathFault)
      throw new NothingFound(`the answer cannot be read: ${cause.message}`, { cause })
    throw cause
  }
}

function bodyValue(answer: Answer, path: string | undefined, text: () => string, json: () => unknown) {
  if (!path) return text().trim()
  if (mediaType(answer) === 'application/x-www-form-urlencoded') return formValue(text(), path)
  return textOfValue(readPath(json(), parsePath(path)))
}

// Names of a form are flat: `user.id` and `["user[id]"]` are one name each.
function formValue(form: string, path: string): string | undefined {
  const values = new URLSearchParams(form)
  const literal = values.get(path)
  if (literal !== null) return literal
  const [name, ...more] = parsePath(path)
  return name !== undefined && more.length === 0 ? (values.get(name) ?? undefined) : undefined
}

function elementOf(page: Document, selector: string, attribute: string | undefined): string | undefined {
  const element: Element | undefined = firstMatch(page, selector)
  if (!element) return undefined
  return attribute ? element.attribs[attribute.toLowerCase()] : elementValue(element)
}

function headerOf({ headers }: Answer, name: string, all: boolean): string | undefined {
  const values = headers.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value)
  return all && values.length > 0 ? values.join(', ') : values[0]
}
