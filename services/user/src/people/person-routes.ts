import { PrincipalName, SectionGrant } from '@munjigi/contracts/access'
import { Group, PeoplePage, PeopleQuery, Person } from '@munjigi/contracts/people'
import { Tenant } from '@munjigi/contracts/tenants'
import { ROLES } from '@munjigi/identity/roles'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import { administer, FOR_SUPERUSERS } from '../admin/administrator.ts'
import { changePerson } from '../admin/locked-change.ts'
import type { PersonChange } from '../admin/person-change.ts'
import type { AdminDeps } from '../deps.ts'
import { setGroups } from '../groups/groups.ts'
import type { Outbox } from '../notices/outbox.ts'
import type { Sender } from '../notices/sender.ts'
import { personNotFound } from '../problems.ts'
import { moveToTenant } from '../tenants/move-to-tenant.ts'
import { people } from './people-list.ts'
import { approve, disable, enable, rebindName, reject, setRole, setSections, setSuperuser } from './person-changes.ts'

export const SubParams = Type.Object({ sub: Type.String({ minLength: 1, maxLength: 255 }) })

const strict = { additionalProperties: false }
const GivenRole = Type.Object({ role: Type.Enum(ROLES.filter((role) => role !== 'PENDING')) }, strict)
const GivenSuperuser = Type.Object({ superuser: Type.Boolean() }, strict)
const GivenSections = Type.Object({ sections: Type.Array(SectionGrant, { maxItems: 500 }) }, strict)
const GivenGroups = Type.Object(
  { groups: Type.Array(Group.properties.id, { uniqueItems: true, maxItems: 500 }) },
  strict,
)
const GivenTenant = Type.Object({ tenant_id: Tenant.properties.id }, strict)
const Name = PrincipalName.properties
const GivenName = Type.Object(
  {
    issuer: Type.Intersect([Name.issuer, Type.String({ minLength: 1, maxLength: 500 })]),
    sub: SubParams.properties.sub,
  },
  strict,
)

interface PersonDeps extends AdminDeps {
  outbox: Pick<Outbox, 'telling'>
  sender: Pick<Sender, 'wake'>
}

export function personRoutes(scope: FastifyInstance, deps: PersonDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { db } = deps
  const { telling } = deps.outbox

  app.route({
    method: 'GET',
    url: '/people',
    schema: { summary: 'People, oldest first', querystring: PeopleQuery, response: { 200: PeoplePage } },
    handler: (request) =>
      administer(db, request, (trx, { superuser, tenant_id }) =>
        people(trx).list({ ...request.query, ...(!superuser && { tenant_id }) }),
      ),
  })

  app.route({
    method: 'GET',
    url: '/people/:sub',
    schema: { summary: 'One person', params: SubParams, response: { 200: Person } },
    handler: async (request) => {
      const { sub } = request.params
      const person = await administer(db, request, (trx, { superuser, tenant_id }) =>
        people(trx).find(sub, superuser ? undefined : tenant_id),
      )
      if (!person) throw personNotFound()
      return person
    },
  })

  const act = (path: string, summary: string, change: PersonChange) =>
    app.route({
      method: 'POST',
      url: `/people/:sub/${path}`,
      schema: { summary, params: SubParams, response: { 200: Person } },
      handler: async (request) => {
        const person = await changePerson(deps, request, request.params.sub, change)
        deps.sender.wake()
        return person
      },
    })
  act('approve', 'Approves a person who waits, as USER', telling('approved', approve))
  act('reject', 'Rejects a person who waits', telling('rejected', reject))
  act('disable', 'Disables a person: all sessions and API keys end for good', disable)
  act('enable', 'Enables a person who was disabled or rejected', enable)

  const set = <Body extends TSchema>(
    path: string,
    said: { summary: string },
    body: Body,
    changeTo: (given: Static<Body>) => PersonChange,
  ) =>
    app.route({
      method: 'PUT',
      url: `/people/:sub/${path}`,
      schema: { ...said, params: SubParams, body, response: { 200: Person } },
      handler: (request) => changePerson(deps, request, request.params.sub, changeTo(request.body as Static<Body>)),
    })
  const forSuperusers = (summary: string) => ({ ...FOR_SUPERUSERS, summary })
  set('role', { summary: 'Gives a role' }, GivenRole, ({ role }) => setRole(role))
  set('superuser', forSuperusers('Makes an ADMIN superuser, or no longer'), GivenSuperuser, (given) =>
    setSuperuser(given.superuser),
  )
  set('sections', { summary: "Replaces the person's own sections" }, GivenSections, (given) =>
    setSections(given.sections),
  )
  set('groups', { summary: "Replaces the person's groups" }, GivenGroups, (given) => setGroups(given.groups))
  set('tenant', forSuperusers('Moves a person to another tenant and ends their sessions'), GivenTenant, (given) =>
    moveToTenant(given.tenant_id),
  )
  set('sso-name', forSuperusers('Binds the person to another subject of an IdP'), GivenName, rebindName)
}
