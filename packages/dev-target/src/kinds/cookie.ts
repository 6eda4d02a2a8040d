import type { FastifyInstance, FastifyReply } from 'fastify'
import { jsonOf } from '../asked.ts'
import { isPerson } from '../credentials.ts'
import { guarded } from '../guarded.ts'
import type { KindParts } from '../kind.ts'
import { randomToken } from '../tokens.ts'

const NAME = 'session'
/** Uses after which a session gets a new name, and uses that its old one still has, by requests that were on their way. */
const ROTATE_AFTER = 10
const USES_AFTER_ROTATION = 20

interface Session {
  user: string
  endsAt: number
  uses: number
}

/** JSON in, a session cookie out that changes now and then. */
export function cookie(app: FastifyInstance, parts: KindParts): void {
  const { lifeSeconds, count, onForget } = parts
  const sessions = new Map<string, Session>()
  onForget(() => sessions.clear())

  const begin = (reply: FastifyReply, user: string, endsAt: number) => {
    const id = randomToken()
    sessions.set(id, { user, endsAt, uses: 0 })
    reply.setCookie(NAME, id, { path: '/cookie', httpOnly: true, sameSite: 'lax', expires: new Date(endsAt) })
  }

  app.post('/login', async (request, reply) => {
    const body = jsonOf(request)
    if (!isPerson(body.username, body.password)) {
      count('refusals')
      return reply.code(401).send({ error: 'invalid_credentials' })
    }
    count('logins')
    begin(reply, body.username as string, Date.now() + lifeSeconds * 1000)
    return { ok: true }
  })

  guarded(app, parts, {
    userOf({ cookies }, reply) {
      const session = sessions.get(cookies[NAME] ?? '')
      if (session === undefined || session.endsAt <= Date.now()) return undefined
      session.uses += 1
      if (session.uses > ROTATE_AFTER + USES_AFTER_ROTATION) return undefined
      if (session.uses === ROTATE_AFTER) begin(reply, session.user, session.endsAt)
      return session.user
    },
  })
}
