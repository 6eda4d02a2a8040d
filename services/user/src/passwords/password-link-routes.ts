import { NewPasswordReset, PasswordResetLink } from '@munjigi/contracts/passwords'
import { invalidField } from '@munjigi/server/invalid-field'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import { changePerson } from '../admin/locked-change.ts'
import type { PersonChange } from '../admin/person-change.ts'
import type { AdminDeps } from '../deps.ts'
import type { Outbox } from '../notices/outbox.ts'
import type { Sender } from '../notices/sender.ts'
import { SubParams } from '../people/person-routes.ts'
import { superuserRequired } from '../problems.ts'
import type { Settings } from '../settings.ts'
import type { Tables } from '../tables.ts'
import { isUniqueViolation } from '../unique-violation.ts'
import { passwordEmail } from './password-email.ts'
import { emailTaken } from './problems.ts'
import { insertLink } from './reset-link.ts'

interface LinkDeps extends AdminDeps {
  settings: Pick<Settings, 'frontendUrl'>
  outbox: Pick<Outbox, 'telling'>
  sender: Pick<Sender, 'wake'>
}
type Step = Parameters<PersonChange>[0]

/** An administrator is given a link to hand over, and the person is told of it by mail; the person alone chooses the password. */
export function passwordLinkRoutes(scope: FastifyInstance, deps: LinkDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'POST',
    url: '/people/:sub/password-reset',
    schema: {
      summary: 'Makes a link by which a person sets a password, once and within a day; earlier links become void',
      params: SubParams,
      body: Type.Optional(Type.Union([NewPasswordReset, Type.Null()])),
      response: { 200: PasswordResetLink },
    },
    handler: async (request, reply) => {
      let link: PasswordResetLink | undefined
      const make: PersonChange = async (step) => {
        const email = await setEmail(step, request.body?.email)
        const { target, actor } = step
        const made = { person_sub: target.sub, created_by: actor.sub, frontendUrl: deps.settings.frontendUrl }
        link = await insertLink(step.trx, made)
        return { action: 'person.password-reset-issued', details: { email, expires_at: link.expires_at } }
      }
      await changePerson(deps, request, request.params.sub, deps.outbox.telling('password-link-made', make))
      deps.sender.wake()
      reply.header('cache-control', 'no-store')
      return link as PasswordResetLink
    },
  })
}

/** Sets the e-mail that the person signs in with: the given one, else the one they have signed in with so far, else the IdP's. */
async function setEmail({ trx, actor, target }: Step, given: string | undefined): Promise<string> {
  const { own, so_far } = await findEmails(trx, target.sub)
  const email = given === undefined ? (so_far ?? own) : passwordEmail(given)
  if (email === undefined) throw invalidField('email', given === undefined ? 'is needed' : 'is no e-mail')
  if (email === so_far) return email
  // E-mails are unique across tenants: free to choose, one would tell what other tenants use, or take it from its owner.
  if (email !== own && !actor.superuser) throw superuserRequired()
  await trx
    .insertInto('passwords')
    .values({ person_sub: target.sub, email, hash: null })
    .onConflict((conflict) => conflict.column('person_sub').doUpdateSet({ email }))
    .execute()
    .catch((error: unknown) => {
      throw isUniqueViolation(error) ? emailTaken() : error
    })
  return email
}

async function findEmails(trx: Transaction<Tables>, sub: string) {
  const row = await trx
    .selectFrom('people')
    .leftJoin('passwords', 'passwords.person_sub', 'people.sub')
    .select(['people.email as own', 'passwords.email as so_far'])
    .where('people.sub', '=', sub)
    .executeTakeFirstOrThrow()
  return { own: passwordEmail(row.own ?? ''), so_far: row.so_far ?? undefined }
}
