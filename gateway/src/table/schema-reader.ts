import type { TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { type Fault, nearestName } from './file-fault.ts'
import type { Place, TreeEntry, TreeNode } from './yaml-tree.ts'

const ROOT = 'the file'
const INVALID = Symbol('told as a fault')

interface ObjectSchema extends TSchema {
  properties: Record<string, TSchema>
  required?: string[]
}
interface Leaf {
  type?: string
  description?: string
  enum?: string[]
  default?: unknown
}

/** Turns a tree into a value of the schema; what is wrong becomes faults and is left out, so that all else is told too. */
export class SchemaReader {
  readonly #faults: Fault[]
  readonly #origins = new WeakMap<object, TreeNode>()
  readonly #partial = new WeakSet<object>()

  constructor(faults: Fault[]) {
    this.#faults = faults
  }

  /** Undefined where the whole value is not usable. */
  read(schema: TSchema, node: TreeNode): unknown {
    const value = this.#read(schema, node, ROOT)
    return value === INVALID ? undefined : value
  }

  /** Where an object or list that was read stands, or one of its keys or items. */
  placeOf(value: object, key?: string | number): Place {
    const node = this.#origins.get(value)
    if (node === undefined) throw new Error('a value that was not read from the file has no place in it')
    if (key === undefined) return node.at
    if (node.kind === 'list') return node.items[key as number]?.at ?? node.at
    return (node.kind === 'map' ? node.entries.find((entry) => entry.name === key)?.at : undefined) ?? node.at
  }

  /** False where a key was left out as faulty: then nothing may be concluded from its absence. */
  isWhole(value: object): boolean {
    return !this.#partial.has(value)
  }

  refuse(at: Place, what: string, remedy: string): typeof INVALID {
    this.#faults.push({ line: at.line, column: at.column, what, remedy })
    return INVALID
  }

  #read(schema: TSchema, node: TreeNode, name: string): unknown {
    if (node.kind === 'faulty') return INVALID
    if ('anyOf' in schema) return this.#readEither(schema.anyOf as TSchema[], node, name)
    if ('properties' in schema) return this.#readObject(schema as ObjectSchema, node, name)
    if ('patternProperties' in schema) return this.#readRecord(schema, node, name)
    if ('items' in schema) return this.#readList(schema, node, name)
    if (node.kind === 'scalar' && Check(schema, node.value)) return node.value
    return this.refuse(node.at, `${name} is not usable${shown(node)}`, `expected: ${expected(schema as Leaf)}`)
  }

  #readEither([text, map]: TSchema[], node: TreeNode, name: string): unknown {
    return this.#read((node.kind === 'map' ? map : text) as TSchema, node, name)
  }

  #readObject(schema: ObjectSchema, node: TreeNode, name: string): unknown {
    if (node.kind !== 'map')
      return this.refuse(
        node.at,
        `${name} must be a map${shown(node)}`,
        `write its keys below it: ${Object.keys(schema.properties).join(', ')}`,
      )
    const absent = (schema.required ?? []).filter((key) => !node.entries.some((entry) => entry.name === key))
    const missing = absent.filter((key) => !('default' in (schema.properties[key] as TSchema)))
    for (const key of missing) this.refuse(node.at, `${name} lacks "${key}"`, `add "${key}:"`)
    const known = node.entries.filter((entry) => this.#isKnown(entry, schema, name))
    const read = known.map(({ name: key, node: inner }) => [
      key,
      this.#read(schema.properties[key] as TSchema, inner, key),
    ])
    if (
      missing.length > 0 ||
      read.some(([key, value]) => value === INVALID && schema.required?.includes(key as string))
    )
      return INVALID
    const filled = absent.map((key) => [key, (schema.properties[key] as Leaf).default])
    const valid = read.filter(([, value]) => value !== INVALID)
    const value = this.#remember(Object.fromEntries([...filled, ...valid]), node)
    if (valid.length < node.entries.length) this.#partial.add(value)
    return value
  }

  #isKnown(entry: TreeEntry, schema: ObjectSchema, name: string): boolean {
    const isKnown = Object.hasOwn(schema.properties, entry.name)
    if (!isKnown) this.#refuseKey(entry, schema, name)
    return isKnown
  }

  #refuseKey(entry: TreeEntry, schema: ObjectSchema, name: string): void {
    const known = Object.keys(schema.properties)
    const nearest = nearestName(entry.name, known)
    const isStrayService =
      known.includes('services') &&
      entry.node.kind === 'map' &&
      entry.node.entries.some((inner) => inner.name === 'host')
    const remedy =
      nearest !== undefined
        ? `did you mean "${nearest}"?`
        : isStrayService
          ? 'services stand below "services:"'
          : `known keys: ${known.join(', ')}`
    this.refuse(entry.at, `${name} has no key "${entry.name}"`, remedy)
  }

  #readRecord(schema: TSchema, node: TreeNode, name: string): unknown {
    if (node.kind !== 'map')
      return this.refuse(
        node.at,
        `${name} must be a map${shown(node)}`,
        'write "name: value" below it, or remove the key',
      )
    const inner = Object.values(
      (schema as TSchema & { patternProperties: Record<string, TSchema> }).patternProperties,
    )[0] as TSchema
    const read = node.entries.map((entry) => [entry.name, this.#read(inner, entry.node, entry.name)])
    return this.#remember(Object.fromEntries(read.filter(([, value]) => value !== INVALID)), node)
  }

  #readList(schema: TSchema, node: TreeNode, name: string): unknown {
    const { items, minItems = 0 } = schema as TSchema & { items: TSchema; minItems?: number }
    if (node.kind !== 'list')
      return this.refuse(node.at, `${name} must be a list${shown(node)}`, 'write it as [a, b], or remove the key')
    if (node.items.length < minItems)
      return this.refuse(node.at, `${name} is an empty list`, 'name at least one, or remove the key')
    const read = node.items.map((item) => ({ item, value: this.#read(items, item, `an item of ${name}`) }))
    const valid = read.filter(({ value }) => value !== INVALID)
    const place = { ...node, items: valid.map(({ item }) => item) }
    return this.#remember(
      valid.map(({ value }) => value),
      place,
    )
  }

  #remember<T extends object>(value: T, node: TreeNode): T {
    this.#origins.set(value, node)
    return value
  }
}

const shown = (node: TreeNode): string => {
  if (node.kind !== 'scalar') return node.kind === 'list' ? ': it is a list' : ': it is a map'
  return node.value === null ? ': it is empty' : `: ${JSON.stringify(String(node.value).slice(0, 60))}`
}

function expected(leaf: Leaf): string {
  const known = leaf.enum === undefined ? undefined : `one of ${leaf.enum.join(', ')}`
  return known ?? leaf.description ?? `a ${leaf.type === 'integer' ? 'whole number' : 'text'}`
}
