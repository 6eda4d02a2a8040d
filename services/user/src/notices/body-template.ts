export interface Mail {
  to: string[]
  subject: string
  html: string
}

type BodyOf = (mail: Mail) => string

export const DEFAULT_BODY_TEMPLATE = '{"to":"{to}","subject":"{subject}","html":"{html}"}'

const PLACEHOLDER = /\{(\w+)\}/g
const NAMES = ['to', 'subject', 'html']

/**
 * A JSON document whose texts may hold `{to}`, `{subject}` and `{html}`; a text that is `{to}` alone becomes the list.
 * Values are put into texts, never into JSON.
 * @throws Error where it is no JSON, names something else, or leaves one of them out.
 */
export function readBodyTemplate(template: string): BodyOf {
  const document = parse(template)
  const named = new Set(
    textsIn(document).flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name]) => name ?? '')),
  )
  const unknown = [...named].filter((name) => !NAMES.includes(name))
  if (unknown.length > 0) throw new Error(`{${unknown.join('}, {')}} is none of {to}, {subject}, {html}`)
  const missing = NAMES.filter((name) => !named.has(name))
  if (missing.length > 0) throw new Error(`{${missing.join('}, {')}} is missing in its texts`)
  return (mail) => JSON.stringify(filled(document, mail))
}

function parse(template: string): unknown {
  try {
    return JSON.parse(template)
  } catch {
    throw new Error('it is no JSON')
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return isObject(value) ? Object.values(value).flatMap(textsIn) : []
}

function filled(value: unknown, mail: Mail): unknown {
  if (value === '{to}') return mail.to
  if (typeof value === 'string') return value.replace(PLACEHOLDER, (_, name: keyof Mail) => String(mail[name]))
  if (Array.isArray(value)) return value.map((item) => filled(item, mail))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, mail)]))
}
