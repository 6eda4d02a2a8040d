import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'

const FOLDER = join(import.meta.dirname, '../..', 'docs')
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
const FILES: [path: string, file: string, type: string][] = [
  ['/docs', 'page.html', 'text/html; charset=utf-8'],
  ['/docs/page.css', 'page.css', 'text/css; charset=utf-8'],
  ['/docs/page.js', 'page.js', 'text/javascript; charset=utf-8'],
]

/** One page that shows the OpenAPI documents of all modules; it asks each module for its own, under the module's rules. */
export function docs(app: FastifyInstance, modules: () => string[]): void {
  for (const [path, file, type] of FILES) {
    const text = readFileSync(join(FOLDER, file), 'utf8')
    app.get(path, async (_request, reply) => reply.header('content-security-policy', POLICY).type(type).send(text))
  }
  app.get('/docs/modules.json', async () => modules().sort())
}
