import { type Static, Type } from 'typebox'
import { AccountStatus, SectionGrant } from './access.ts'
import { TenantFilter } from './tenants.ts'

const Theme = Type.Enum(['light', 'dark'])
const Language = Type.Enum(['ko', 'en'])

/** `GET /api/auth/v1/me`: the signed-in person, as the console shows them. */
export const Me = Type.Object({
  sub: Type.String(),
  user_id: Type.String({ description: 'the login id' }),
  email: Type.Union([Type.String(), Type.Null()]),
  username_kr: Type.String(),
  username_en: Type.String(),
  deptname_kr: Type.String(),
  deptname_en: Type.String(),
  role: Type.String(),
  status: AccountStatus,
  superuser: Type.Boolean(),
  tenant_id: Type.String(),
  sections: Type.Array(SectionGrant),
  theme_preference: Theme,
  language_preference: Language,
})
export type Me = Static<typeof Me>

/** `PATCH /api/auth/v1/me`: what a person may change of themselves. */
export const Preferences = Type.Partial(Type.Pick(Me, ['theme_preference', 'language_preference']), {
  additionalProperties: false,
  minProperties: 1,
})
export type Preferences = Static<typeof Preferences>

/** A person as administrators see them; times are ISO 8601 in UTC. */
export const Person = Type.Interface([Type.Omit(Me, ['theme_preference', 'language_preference'])], {
  own_sections: Type.Array(SectionGrant),
  groups: Type.Array(Type.String()),
  created_at: Type.String({ format: 'date-time' }),
  last_login_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
})
export type Person = Static<typeof Person>

/** A page of a list; `next_cursor` is absent on the last one. */
export const PeoplePage = Type.Object({
  people: Type.Array(Person),
  next_cursor: Type.Optional(Type.String()),
})
export type PeoplePage = Static<typeof PeoplePage>

/** The query of `GET /api/admin/v1/people`; `cursor` is the `next_cursor` of the page before. */
export const PeopleQuery = Type.Object(
  {
    search: Type.Optional(
      Type.String({ maxLength: 100, description: 'part of a login id, name, department or e-mail' }),
    ),
    role: Type.Optional(Type.String({ maxLength: 20 })),
    status: Type.Optional(AccountStatus),
    tenant_id: TenantFilter,
    cursor: Type.Optional(Type.String({ maxLength: 500 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  { additionalProperties: false },
)
export type PeopleQuery = Static<typeof PeopleQuery>

/** An area of the product that people are let into. */
export const Section = Type.Object({
  id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }),
  title_ko: Type.String({ maxLength: 100 }),
  title_en: Type.String({ maxLength: 100 }),
})
export type Section = Static<typeof Section>

/** People who are given sections together. */
export const Group = Type.Object({
  id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }),
  title: Type.String({ maxLength: 100 }),
  sections: Type.Array(SectionGrant),
})
export type Group = Static<typeof Group>
