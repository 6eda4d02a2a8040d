import { MAX_JSON_DEPTH } from './json.ts'

/** `position` counts characters from 1. */
export class PathFault extends Error {
  readonly position: number
  constructor(position: number, message: string) {
    super(message)
    this.position = position
  }
}

// One step of a path, from where the last one ended: `.name`, `[0]`, `["any text"]`, `['any text']`.
const STEP = /\.([^.[\]"']+)|\[(0|[1-9]\d{0,8})\]|\["((?:[^"\\]|\\["'\\])*)"\]|\['((?:[^'\\]|\\["'\\])*)'\]/uy

const ROOT = /^\$(?=$|[.[])/

/** Names on the way to a value: `a.b`, `a[0]`, `a.0`, `["q.k"]`, with or without `$` in front. `$` alone is the whole. @throws PathFault */
export function parsePath(text: string): string[] {
  const isRooted = ROOT.test(text)
  // A first name has no dot before it.
  const path = isRooted ? text.slice(1) : text.startsWith('[') ? text : `.${text}`
  const shift = text.length - path.length
  const fault = (index: number, message: string) => {
    throw new PathFault([...text.slice(0, Math.max(0, index + shift))].length + 1, message)
  }

  const names: string[] = []
  STEP.lastIndex = 0
  while (STEP.lastIndex < path.length) {
    const start = STEP.lastIndex
    const step = STEP.exec(path)
    if (!step) return fault(start + leadOf(path, start), 'a name, [0] or ["name"] is expected')
    if (names.length === MAX_JSON_DEPTH) return fault(start, `more than ${MAX_JSON_DEPTH} names`)
    const [, plain, index, double, single] = step
    names.push(plain ?? index ?? (double ?? single ?? '').replaceAll(/\\(.)/g, '$1'))
  }
  return names
}

// The dot was fine, it is what follows; a bracket is pointed at itself.
const leadOf = (path: string, start: number): number => (path[start] === '.' ? 1 : 0)
