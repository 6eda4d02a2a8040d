import { compile, selectOne } from 'css-select'
import { type AnyNode, type Document, type Element, isTag } from 'domhandler'
import { UnreadablePage } from './html.ts'

/** Looks at elements, attributes and text that the selectors on one page may cost together. */
const MAX_STEPS = 3_000_000
/** In characters. */
const MAX_LENGTH = 500

const childrenOf = (node: AnyNode): AnyNode[] => ('children' in node ? node.children : [])

/**
 * The tree as css-select asks for it, each look counted: a selector of 20 characters (`*~*~*~*`, `:has(:has(*))`) may take n³
 * of them, so what is limited is the work and not the grammar, of all selectors on one page together.
 */
export function countedTree() {
  let steps = 0
  const count = (more: number) => {
    steps += more
    if (steps > MAX_STEPS) throw new UnreadablePage('the selector takes too many steps on it')
  }
  const textOf = (node: AnyNode): string => {
    count(1)
    if (node.type === 'text') count(node.data.length)
    return node.type === 'text' ? node.data : childrenOf(node).map(textOf).join('')
  }
  return {
    isTag(node: AnyNode): node is Element {
      count(1)
      return isTag(node)
    },
    getAttributeValue(element: Element, name: string) {
      const value = element.attribs[name]
      count(1 + (value?.length ?? 0))
      return value
    },
    hasAttrib(element: Element, name: string) {
      count(1)
      return element.attribs[name] !== undefined
    },
    getName(element: Element) {
      count(1)
      return element.name
    },
    getParent(node: AnyNode) {
      count(1)
      return node.parent
    },
    getChildren(node: AnyNode) {
      const found = childrenOf(node)
      count(1 + found.length)
      return found
    },
    getSiblings(node: AnyNode) {
      const found = node.parent ? childrenOf(node.parent) : [node]
      count(1)
      return found
    },
    equals(a: AnyNode, b: AnyNode) {
      count(1)
      return a === b
    },
    getText: textOf,
    removeSubsets: (nodes: AnyNode[]) => nodes,
  }
}

type Tree = ReturnType<typeof countedTree>

const optionsOf = (adapter: Tree) => ({ adapter, relativeSelector: false })

/** What is wrong with a selector; undefined where nothing is. */
export function selectorFault(selector: string): string | undefined {
  if (selector.trim() === '') return 'a CSS selector is expected'
  if (selector.length > MAX_LENGTH) return `a selector has at most ${MAX_LENGTH} characters`
  try {
    compile<AnyNode, Element>(selector, optionsOf(countedTree()))
    return undefined
  } catch (error) {
    return `this is no CSS selector that can be used here: ${error instanceof Error ? error.message : 'it cannot be read'}`
  }
}

/** The first element in the order of the page. @throws UnreadablePage */
export function firstMatch(document: Document, selector: string, tree: Tree): Element | undefined {
  const fault = selectorFault(selector)
  if (fault) throw new UnreadablePage(fault)
  return selectOne<AnyNode, Element>(selector, document, optionsOf(tree)) ?? undefined
}
