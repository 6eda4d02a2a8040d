import type { Element } from 'domhandler'
import { headerValues } from '../egress/egress.ts'
import { type Answer, answerText, mediaType, UnreadableAnswer } from './answer-text.ts'
import { PathFault, parsePath } from './body-path.ts'
import { elementValue, parseHtml, UnreadablePage } from './html.ts'
import { readJson, readPath, textOfValue } from './json.ts'
import { countedTree, firstMatch } from './selector.ts'

/** In characters, of objects and lists that are written out of one answer. */
const MAX_WRITTEN_LENGTH = 2 * 1024 * 1024

/** Why nothing could be found; the message holds no word of the answer. */
export class NothingFound extends Error {}

/** One answer, decoded and parsed at most once however many rules read it. All throw NothingFound where it is unreadable. */
export function answerReader(answer: Answer) {
  const text = once(() => answerText(answer))
  const json = once(() => readJson(text()))
  const form = once(() => new URLSearchParams(text()))
  const page = once(() => parseHtml(text()))
  const tree = countedTree()
  let written = 0

  /** Rules may name one large object in many ways: all that is written out of one answer is limited. */
  function textOf(value: unknown): string | undefined {
    if (written > MAX_WRITTEN_LENGTH) throw new UnreadableAnswer('its objects are too large to be written out')
    const found = textOfValue(value)
    if (typeof value === 'object') written += found?.length ?? 0
    return found
  }

  function bodyValue(path: string | undefined): string | undefined {
    if (!path) return text().trim()
    if (mediaType(answer) === 'application/x-www-form-urlencoded') return formValue(form(), path)
    return textOf(readPath(json(), parsePath(path)))
  }

  return {
    json: () => readable(json),
    body: (path: string | undefined) => readable(() => bodyValue(path)),
    element: (selector: string, attribute: string | undefined) =>
      readable(() => elementOf(firstMatch(page(), selector, tree), attribute)),
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

// Names of a form are flat: `user.id` and `["user[id]"]` are one name each.
function formValue(form: URLSearchParams, path: string): string | undefined {
  const literal = form.get(path)
  if (literal !== null) return literal
  const [name, ...more] = parsePath(path)
  return name !== undefined && more.length === 0 ? (form.get(name) ?? undefined) : undefined
}

function elementOf(element: Element | undefined, attribute: string | undefined): string | undefined {
  if (!element) return undefined
  return attribute ? element.attribs[attribute.toLowerCase()] : elementValue(element)
}

function headerOf({ headers }: Answer, name: string, all: boolean): string | undefined {
  const values = headerValues(headers, name.toLowerCase())
  return all && values.length > 0 ? values.join(', ') : values[0]
}
