import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, "Apple SD Gothic Neo", "Malgun Gothic", sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText }
main { max-width: 26rem; padding: 2rem; word-break: keep-all; overflow-wrap: anywhere }
h1 { font-size: 1.375rem; line-height: 1.35; margin: 0 0 .75rem }
a, button { display: inline-block; margin: 1.25rem 0; padding: .625rem 1.25rem; border: 0; border-radius: .5rem;
  background: #2b5fd9; color: #fff; font: inherit; text-decoration: none; cursor: pointer }
a:focus-visible, button:focus-visible { outline: 3px solid #2b5fd9; outline-offset: 3px }
small { color: GrayText }`
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

export type Language = 'ko' | 'en'

/** The one thing to do on a page: a link, or a form of hidden fields that is sent by POST. */
type PageAction = { label: string; href: string } | { label: string; post: string; fields: Record<string, string> }

export interface Page {
  status: number
  language: Language
  title: string
  paragraphs: readonly string[]
  action?: PageAction | undefined
  /** In small letters below: what to tell whoever is asked for help. */
  footnote?: string
  /** Where a form may lead, its redirects included: sources of `form-action` (CSP3 §6.4.2). */
  formTargets?: readonly string[]
}

/**
 * Answers with a small HTML page that runs no script, loads nothing, cannot be framed and is not kept. Every text is escaped.
 */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  return reply
    .code(page.status)
    .headers({
      'cache-control': 'no-store',
      vary: 'accept, accept-language',
      'content-language': page.language,
      'content-security-policy': contentPolicy(page.formTargets),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    .type('text/html; charset=utf-8')
    .send(html(page))
}

function contentPolicy(formTargets: readonly string[] = ["'none'"]): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    "base-uri 'none'",
    `form-action ${formTargets.join(' ')}`,
    "frame-ancestors 'none'",
  ].join('; ')
}

function html({ language, title, paragraphs, action, footnote }: Page): string {
  const lines = [
    `<h1>${escaped(title)}</h1>`,
    ...paragraphs.map((text) => `<p>${escaped(text)}</p>`),
    ...(action === undefined ? [] : [actionHtml(action)]),
    ...(footnote === undefined ? [] : [`<p><small>${escaped(footnote)}</small></p>`]),
  ]
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main>
${lines.join('\n')}
</main></body>
</html>
`
}

function actionHtml(action: PageAction): string {
  const label = escaped(action.label)
  if ('href' in action) return `<a href="${escaped(action.href)}">${label}</a>`
  const fields = Object.entries(action.fields).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  )
  return `<form method="post" action="${escaped(action.post)}">${fields.join('')}<button>${label}</button></form>`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as it may stand in HTML, in attributes too. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string)

/** Whether a page is a better answer than a problem. */
export const acceptsHtml = (accept: string | undefined): boolean => accept?.includes('text/html') ?? false

/** The first of our languages in the order of the caller's weights (RFC 9110 §12.5.4); Korean where none is named. */
export function preferredLanguage(header = ''): Language {
  const ranges = header.split(',').map((item) => {
    const [tag = '', ...parameters] = item.trim().toLowerCase().split(';')
    const weight = parameters.map((text) => /^\s*q=([\d.]+)\s*$/.exec(text)?.[1]).find(Boolean)
    return { language: tag.split('-')[0], weight: Number(weight ?? 1) }
  })
  const [best] = ranges
    .filter(({ language, weight }) => (language === 'ko' || language === 'en') && weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
  return best?.language === 'en' ? 'en' : 'ko'
}
