import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { MigrationPlan } from '@munjigi/db/migrate'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { listTenancyFaults, type TenancyExceptions } from '@munjigi/testing/tenancy'

const HANGS_ON_A_PERSON = 'hangs on people.sub, and is read for somebody who was found inside the tenant'
const HOUSE_WIDE = 'one for the whole house: superusers change it'
const ONE_MENU = 'what is for lunch is the same for all tenants'
const OF_ONE_PERSON = 'found by its owner’s subject alone'
const FROM_ONE_PERSON = 'written by the database from one person alone'
const BY_THE_DATABASE = 'given by the database, so nobody can ask for one that is taken'

const EXCEPTIONS: TenancyExceptions = {
  tables: {
    'users.tenants': 'is the list of tenants; superusers and sign-in read it',
    'users.sections': HOUSE_WIDE,
    'users.groups': HOUSE_WIDE,
    'users.group_sections': HOUSE_WIDE,
    'users.section_grants': HANGS_ON_A_PERSON,
    'users.person_names': 'says who signs in, before their tenant is known; superusers change it',
    'users.sessions': HANGS_ON_A_PERSON,
    'users.refresh_tokens': 'found by a token that its holder shows',
    'users.passwords': 'an e-mail signs in before its tenant is known',
    'users.password_origins': HANGS_ON_A_PERSON,
    'users.password_resets': 'found by a token that its holder shows',
    'users.signing_keys': HOUSE_WIDE,
    'users.notices': 'the outbox of the house: superusers see it',
    'meal.people': ONE_MENU,
    'meal.restaurants': ONE_MENU,
    'meal.menus': ONE_MENU,
    'meal.meal_service_admins': ONE_MENU,
    'chatbot.user_map': 'Keycloak’s people, whose tokens know no tenant',
    'chatbot.notice_subscriptions': OF_ONE_PERSON,
    'chatbot.kakao_people': OF_ONE_PERSON,
    'session_station.auth_profiles': OF_ONE_PERSON,
    'session_station.auth_contexts': OF_ONE_PERSON,
    'session_station.auth_refresh_logs': OF_ONE_PERSON,
    'session_station.audit_events': 'no route reads it',
    'session_station.sealing_check': 'one row: whether the key ring is the right one',
  },
  keys: {
    'users.people__sub': 'the platform’s one id of a person, given by us or by the IdP',
    'users.people__user_id': 'a login id signs in before its tenant is known',
    'users.person_terms__person_term': FROM_ONE_PERSON,
    'users.group_members__group_person': FROM_ONE_PERSON,
    'users.audit_events__id': BY_THE_DATABASE,
    'session_station.auth_profile_templates__template_id': BY_THE_DATABASE,
    'session_station.auth_profile_templates__position': BY_THE_DATABASE,
    'trace.traces__position': BY_THE_DATABASE,
  },
  references: {
    'users.person_terms__person': FROM_ONE_PERSON,
    'users.group_members__person_sub': FROM_ONE_PERSON,
  },
}

const OWN = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`
/** Every way of getting it wrong, in a schema of its own. */
const wrong: MigrationPlan = {
  schema: 'wrong',
  servingRole: 'wrong_serving',
  migrations: [
    {
      name: '0001-wrong',
      up: `
        create table unlisted (id text);
        create table bare (tenant_id uuid, id text, constraint bare__id unique (tenant_id, id));
        create table open (tenant_id uuid primary key);
        alter table open enable row level security;
        alter table open force row level security;
        create policy open__tenant on open using (${OWN});
        create policy open__read on open for select using (true);
        create policy open__insert on open for insert with check (tenant_id is not null);
        create policy open__no_nullif on open using (tenant_id = current_setting('app.tenant_id', true)::uuid);
        create table keyed (tenant_id uuid, id text, other text, constraint keyed__id unique (id));
        create unique index keyed__lower on keyed (lower(other));
        create table child (tenant_id uuid, keyed_id text constraint child__keyed references keyed (id), bare_id text,
          constraint child__bare foreign key (tenant_id, bare_id) references bare (tenant_id, id));
        alter table keyed enable row level security; alter table keyed force row level security;
        alter table child enable row level security; alter table child force row level security;
        create policy keyed__tenant on keyed using (${OWN});
        create policy child__tenant on child using (${OWN}) with check (true);
        create view all_rows as select * from keyed;
        create view own_rows with (security_invoker = true) as select * from keyed;
        create function everything() returns bigint language sql security definer as 'select 1::bigint'`,
    },
  ],
}

let testing: TestDatabase
const schemas: string[] = []
before(async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const files = globSync('services/*/src/migrations/plan.ts', { cwd: root })
  const plans: MigrationPlan[] = []
  for (const file of files) plans.push((await import(`${root}${file}`)).migrationPlan)
  schemas.push(...plans.map(({ schema }) => schema))
  testing = await testDatabase(wrong, ...plans)
})
after(() => testing?.close())

test('every table of every service is held to a tenant, or stands on the list with its reason', async () => {
  assert.ok(schemas.includes('users') && schemas.includes('trace'))

  assert.deepEqual(
    await listTenancyFaults(testing.database, { role: 'wrong_serving', schemas, exceptions: EXCEPTIONS }),
    [],
  )
})

test('a new table without a policy, a key or a view that tells of another tenant, and a stale list are found', async () => {
  const exceptions = {
    tables: { 'wrong.gone': 'was there' },
    keys: { 'wrong.bare__id': 'is none across tenants' },
    references: { 'wrong.child__bare': 'is none either' },
  }

  assert.deepEqual(
    await listTenancyFaults(testing.database, { role: 'wrong_serving', schemas: ['wrong'], exceptions }),
    [
      'wrong.bare has no row-level security',
      'wrong.bare does not force row-level security on its owner',
      'wrong.bare has no policy by tenant',
      'wrong.child: policy child__tenant asks for no setting',
      'wrong.open: policy open__insert asks for no setting',
      'wrong.open: policy open__no_nullif asks for no setting',
      'wrong.open: policy open__read asks for no setting',
      'wrong.unlisted has no tenant_id and stands on no list',
      'table wrong.gone is listed and gone',
      'wrong.keyed__id is unique across tenants',
      'wrong.keyed__lower is unique across tenants',
      'key wrong.bare__id is listed and gone',
      'wrong.child__keyed reaches across tenants',
      'reference wrong.child__bare is listed and gone',
      "wrong.all_rows runs with its owner's rights",
      "wrong.everything runs with its owner's rights",
    ],
  )
})
