import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fastifyStatic } from '@fastify/static'
import { NEW_PASSWORD_PATH, WAITING_PEOPLE_PATH } from '@munjigi/contracts/console'
import { Problem } from '@munjigi/problem'
import type { FastifyInstance } from 'fastify'
import { securityHeaders } from './security-headers.ts'

/** Stand in the built page where a nonce and the mode go; vite.config.ts and index.html put them there. */
const NONCE_PLACE = '__MUNJIGI_NONCE__'
const MODE_PLACE = '__MUNJIGI_MODE__'
const PAGES = new Set(['/', WAITING_PEOPLE_PATH, NEW_PASSWORD_PATH])

interface PageOptions {
  /** The folder that `vite build` wrote. */
  webRoot: string
  mode: string
  isTls: boolean
}

/** The built page under every path that a browser asks for as a page, its files under /assets. */
export function pages(app: FastifyInstance, { webRoot, mode, isTls }: PageOptions): void {
  const page = readPage(webRoot).replaceAll(MODE_PLACE, mode)
  app.register(fastifyStatic, {
    root: join(webRoot, 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: '365d',
    index: false,
    setHeaders: (reply) => void reply.headers(securityHeaders('', isTls)),
  })
  app.get('/*', async (request, reply) => {
    if (!String(request.headers.accept).includes('text/html')) throw noSuchPage()
    const nonce = randomBytes(16).toString('base64')
    reply
      .code(PAGES.has(pathOf(request.url)) ? 200 : 404)
      .headers({ ...securityHeaders(nonce, isTls), 'cache-control': 'no-store' })
      .type('text/html; charset=utf-8')
    return page.replaceAll(NONCE_PLACE, nonce)
  })
}

const pathOf = (url: string) => url.split('?', 1)[0]?.replace(/(?<=.)\/$/, '') ?? url

const noSuchPage = () =>
  new Problem(404, 'not-found', 'There is nothing at this path', { detail: 'Pages are sent to browsers only' })

function readPage(webRoot: string): string {
  try {
    return readFileSync(join(webRoot, 'index.html'), 'utf8')
  } catch (cause) {
    throw new Error('the console is not built: run `pnpm --filter @munjigi/console build`', { cause })
  }
}
