import { createHmac } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { formOf } from '../asked.ts'
import { isPerson } from '../credentials.ts'
import { guarded } from '../guarded.ts'
import type { KindParts } from '../kind.ts'
import { createTokens, randomToken } from '../tokens.ts'

const VISIT = 'visit'
const SESSION = 'form_session'
const COOKIE = { path: '/form', httpOnly: true, sameSite: 'lax' } as const

/** A page with a form, bound to its visitor by a cookie and a hidden value; who is let in is sent to /form/home. */
export function form(app: FastifyInstance, parts: KindParts): void {
  const { count } = parts
  const tokens = createTokens(parts)
  const key = randomToken()
  const csrfOf = (visit: string) => createHmac('sha256', key).update(visit).digest('base64url')
  const userOf = ({ cookies }: FastifyRequest) => tokens.userOf(cookies[SESSION])
  const show = (reply: FastifyReply, body: string) =>
    reply.type('text/html; charset=utf-8').send(`<!doctype html><title>Archive</title><body>${body}</body>`)
  const showForm = (reply: FastifyReply, said = '') => {
    const visit = randomToken()
    reply.setCookie(VISIT, visit, COOKIE)
    return show(
      reply,
      `<h1>Sign in</h1>${said}<form method="post" action="/form/login">
<input type="hidden" name="_csrf" value="${csrfOf(visit)}">
<label>Name <input name="username"></label> <label>Password <input name="password" type="password"></label>
<button>Sign in</button></form>`,
    )
  }

  app.get('/login', async (_request, reply) => showForm(reply))
  app.post('/login', async (request, reply) => {
    const fields = formOf(request)
    const visit = request.cookies[VISIT]
    if (visit === undefined || fields.get('_csrf') !== csrfOf(visit)) {
      count('refusals')
      return show(reply.code(403), '<h1>This form is too old</h1>')
    }
    const username = fields.get('username')
    if (!isPerson(username, fields.get('password'))) {
      count('refusals')
      return showForm(reply, '<p class="error">Name or password is wrong</p>')
    }
    count('logins')
    reply.setCookie(SESSION, tokens.begin(username as string).access, COOKIE).clearCookie(VISIT, COOKIE)
    return reply.redirect('/form/home')
  })
  app.get('/home', async (request, reply) => {
    const user = userOf(request)
    return user === undefined ? reply.redirect('/form/login') : show(reply, `<h1>Welcome, ${user}</h1>`)
  })

  guarded(app, parts, { userOf })
}
