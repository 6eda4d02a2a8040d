import { type AnyNode, type Document, type Element, isTag } from 'domhandler'
import { parse } from 'parse5'
import { adapter, type Htmlparser2TreeAdapterMap } from 'parse5-htmlparser2-tree-adapter'

const MAX_ELEMENTS = 50_000
/** As in browsers: a stack of open elements is walked for every tag. */
const MAX_DEPTH = 512

/** A page, or a selector on it, that would cost too much or cannot be read. */
export class UnreadablePage extends Error {}

/** A page as a browser without scripts reads it. @throws UnreadablePage, by what is built and not by time */
export function parseHtml(text: string): Document {
  return parse<Htmlparser2TreeAdapterMap>(text, { scriptingEnabled: false, treeAdapter: boundedAdapter() })
}

// A page of n characters may ask for n² elements (unclosed formatting), and for n² looks at its stack of open ones.
function boundedAdapter(): typeof adapter {
  let elements = 0
  let depth = 0
  return {
    ...adapter,
    createElement(name, namespace, attributes) {
      elements += 1
      if (elements > MAX_ELEMENTS) throw new UnreadablePage(`it has more than ${MAX_ELEMENTS} elements`)
      return adapter.createElement(name, namespace, attributes)
    },
    onItemPush() {
      depth += 1
      if (depth > MAX_DEPTH) throw new UnreadablePage(`its elements are nested more than ${MAX_DEPTH} deep`)
    },
    onItemPop() {
      depth -= 1
    },
  }
}

const children = (node: AnyNode): AnyNode[] => ('children' in node ? node.children : [])

/** What an element's content says, white space at both ends left out. */
function elementText(node: AnyNode): string {
  const parts: string[] = []
  const visit = (at: AnyNode) => {
    if (at.type === 'text') parts.push(at.data)
    for (const child of children(at)) visit(child)
  }
  visit(node)
  return parts.join('').trim()
}

const isOption = (node: AnyNode): node is Element => isTag(node) && node.name === 'option'

/** The element's value as a form would send it, a meta element's content, else the text; undefined where it has none. */
export function elementValue(element: Element): string | undefined {
  const { name, attribs } = element
  if (name === 'meta') return attribs.content
  if (name === 'input' || name === 'button' || name === 'param' || name === 'data') return attribs.value
  if (name === 'option') return attribs.value ?? elementText(element)
  if (name === 'select') return selectedValue(element)
  return elementText(element)
}

function selectedValue(select: Element): string | undefined {
  const options = select.children.flatMap((child) => (isOption(child) ? [child] : children(child).filter(isOption)))
  const chosen = options.find(({ attribs }) => attribs.selected !== undefined) ?? options[0]
  return chosen && elementValue(chosen)
}
