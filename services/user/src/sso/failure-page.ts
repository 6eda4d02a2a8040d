import { createHash } from 'node:crypto'
import { Problem } from '@munjigi/problem'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { failureText } from './failure-texts.ts'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, "Apple SD Gothic Neo", "Malgun Gothic", sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText }
main { max-width: 26rem; padding: 2rem; word-break: keep-all; overflow-wrap: anywhere }
h1 { font-size: 1.375rem; line-height: 1.35; margin: 0 0 .75rem }
a { display: inline-block; margin: 1.25rem 0; padding: .625rem 1.25rem; border-radius: .5rem; background: #2b5fd9; color: #fff;
  text-decoration: none }
a:focus-visible { outline: 3px solid #2b5fd9; outline-offset: 3px }
small { color: GrayText }`
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')
const CONTENT_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const words = {
  ko: { again: '다시 로그인', number: '요청 번호' },
  en: { again: 'Sign in again', number: 'Request' },
}

/** Answers a browser's failed sign-in with a page that says what to do; other callers get the problem as it is. */
export const failurePage =
  (loginUrl: string) =>
  (error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    reply.header('cache-control', 'no-store')
    if (!acceptsHtml(request.headers.accept)) throw error
    const problem = error instanceof Problem ? error : unforeseen(error)
    if (problem.status >= 500) request.log.error({ err: error }, 'sign-in failed')
    else request.log.info({ problem: problem.type }, 'sign-in refused')
    const language = preferredLanguage(request.headers['accept-language'])
    return reply
      .code(problem.status)
      .headers({
        ...problem.headers,
        vary: 'accept, accept-language',
        'content-language': language,
        'content-security-policy': CONTENT_POLICY,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      })
      .type('text/html; charset=utf-8')
      .send(page(problem.type, language, loginUrl, request.id))
  }

/** A body that cannot be read is the caller's fault, an outage its own kind, all else ours. */
function unforeseen(error: Error): Problem {
  const { statusCode = 500 } = error as { statusCode?: number }
  if (statusCode === 503) return new Problem(503, 'unavailable', error.name, { headers: { 'retry-after': '1' } })
  const isTheirs = statusCode >= 400 && statusCode < 500
  return isTheirs ? new Problem(statusCode, 'bad-request', error.name) : new Problem(500, 'internal', error.name)
}

/** Everything in it is ours: the texts, a configured address, and a request id of letters, digits, `.`, `_` and `-`. */
function page(type: string, language: 'ko' | 'en', loginUrl: string, requestId: string): string {
  const [title, advice] = failureText(type, language)
  const { again, number } = words[language]
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head>
<body><main>
<h1>${title}</h1>
<p>${advice}</p>
<a href="${escaped(loginUrl)}">${again}</a>
<p><small>${number}: ${requestId}</small></p>
</main></body>
</html>
`
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

const acceptsHtml = (accept: string | undefined) => accept?.includes('text/html') ?? false

/** The first of our languages in the order of the caller's weights (RFC 9110 §12.5.4); Korean where none is named. */
function preferredLanguage(header = ''): 'ko' | 'en' {
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
