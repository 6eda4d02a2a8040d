import { type Environment, replaceVariables } from '@munjigi/env/variables'
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import type { Fault } from './file-fault.ts'

export interface Place {
  readonly line: number
  readonly column: number
}
export interface TreeEntry {
  readonly name: string
  readonly at: Place
  readonly node: TreeNode
}
/** A value of the file that knows where it stands; `faulty` where a fault has been told already. */
export type TreeNode =
  | { readonly kind: 'scalar'; readonly at: Place; readonly value: unknown }
  | { readonly kind: 'list'; readonly at: Place; readonly items: readonly TreeNode[] }
  | { readonly kind: 'map'; readonly at: Place; readonly entries: readonly TreeEntry[] }
  | { readonly kind: 'faulty'; readonly at: Place }
type Refuse = (at: Place, what: string, remedy: string) => void

const MAX_ALIASES = 100
const MAX_NODES = 20_000
const MAX_DEPTH = 20
const START: Place = { line: 1, column: 1 }

/** Reads one YAML document into a tree with positions, variables replaced in values; faults are added to the list. */
export function readYamlTree(text: string, env: Environment, faults: Fault[]): TreeNode {
  const refuse: Refuse = (at, what, remedy) => void faults.push({ ...at, what, remedy })
  const unusable: TreeNode = { kind: 'faulty', at: START }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
  })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  // What a decoder puts where bytes are no UTF-8, as in a file cut in the middle of a character.
  const broken = text.indexOf('\ufffd')
  if (broken >= 0) refuse(place(broken), 'not UTF-8', 'save the file as UTF-8')
  for (const problem of [...document.errors, ...document.warnings])
    refuse(place(problem.pos[0]), `not readable YAML: ${problem.message}`, 'correct it at or just before this place')
  if (document.contents === null) refuse(START, 'the file is empty', 'write at least "services:"')
  return faults.length > 0 ? unusable : new TreeReader(document, place, env, refuse).read(document.contents, 0)
}

class TreeReader {
  readonly #document: Document
  readonly #place: (offset: number) => Place
  readonly #env: Environment
  readonly #refuse: Refuse
  #nodes = 0
  #aliases = 0

  constructor(document: Document, place: (offset: number) => Place, env: Environment, refuse: Refuse) {
    this.#document = document
    this.#place = place
    this.#env = env
    this.#refuse = refuse
  }

  read(node: unknown, depth: number, emptyAt?: Place): TreeNode {
    const at = emptyAt ?? this.#placeOf(node)
    // Aliases multiply, and one inside its own anchor never ends: what counts is the size once they are followed.
    if (++this.#nodes > MAX_NODES || depth > MAX_DEPTH) return this.#refuseSize(at)
    if (isAlias(node)) return this.#readAlias(node, depth, at)
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => this.read(item, depth + 1)) }
    if (isMap(node)) return { kind: 'map', at, entries: this.#readEntries(node, depth, at) }
    if (!isScalar(node) || typeof node.value !== 'string')
      return { kind: 'scalar', at, value: isScalar(node) ? node.value : null }
    return this.#readText(node.value, node.type === 'PLAIN', at)
  }

  #refuseSize(at: Place): TreeNode {
    if (this.#nodes <= MAX_NODES + 1)
      this.#refuse(at, 'nested too deep, or too large once its aliases are followed', 'write the values out')
    this.#nodes = MAX_NODES + 1
    return { kind: 'faulty', at }
  }

  #readAlias(alias: Alias, depth: number, at: Place): TreeNode {
    const target = ++this.#aliases > MAX_ALIASES ? undefined : alias.resolve(this.#document)
    if (target !== undefined) return this.read(target, depth + 1)
    if (this.#aliases <= MAX_ALIASES)
      this.#refuse(at, `"*${alias.source}" names no anchor`, 'define the anchor before it')
    if (this.#aliases === MAX_ALIASES + 1) this.#refuse(at, `more than ${MAX_ALIASES} aliases`, 'write the values out')
    return { kind: 'faulty', at }
  }

  // The library compares each key with every other: a long map would hold the gateway for seconds.
  #readEntries(map: YAMLMap, depth: number, at: Place): TreeEntry[] {
    const lines = new Map<string, number>()
    const entries = map.items.flatMap((pair) => this.#readEntry(pair, depth, at))
    return entries.filter((entry) => {
      const first = lines.get(entry.name)
      lines.set(entry.name, first ?? entry.at.line)
      if (first !== undefined) this.#refuse(entry.at, `"${entry.name}" stands twice`, `remove this or line ${first}`)
      return first === undefined
    })
  }

  #readEntry(pair: { key: unknown; value: unknown }, depth: number, mapAt: Place): TreeEntry[] {
    const at = pair.key === null ? mapAt : this.#placeOf(pair.key)
    if (!isScalar(pair.key) || pair.key.value === null || pair.key.value === '__proto__') {
      this.#refuse(at, 'a key must be a plain name', 'write it as "name: value"')
      return []
    }
    return [
      {
        name: String(pair.key.value),
        at,
        node: this.read(pair.value, depth + 1, pair.value === null ? at : undefined),
      },
    ]
  }

  #readText(source: string, isPlain: boolean, at: Place): TreeNode {
    if (!source.includes('${')) return { kind: 'scalar', at, value: source }
    const { text, missing, isMalformed } = replaceVariables(source, this.#env)
    for (const name of missing)
      this.#refuse(at, `the variable ${name} is not set`, `set it, or write \${${name}:-default}`)
    if (isMalformed) this.#refuse(at, `"${source}" holds an unfinished variable`, `write \${NAME} or \${NAME:-default}`)
    if (missing.length > 0 || isMalformed) return { kind: 'faulty', at }
    // A number from the environment is a number where one written here would be.
    return { kind: 'scalar', at, value: isPlain && /^\d{1,15}$/.test(text) ? Number(text) : text }
  }

  #placeOf(node: unknown): Place {
    return this.#place((node as Node | undefined)?.range?.[0] ?? 0)
  }
}
