import { hashPassword } from '@munjigi/user/passwords/hashing'
import { KEY_OWNER, KEYS, LARGE, PASSWORD, type Size, SMALL, WITH_PASSWORD } from './house.ts'

const TABLES = ['people', 'person_names', 'person_terms', 'section_grants', 'group_members', 'sessions', 'api_keys']

/** Everybody of a large house, as the owner of the tables writes them, with the log of a year. */
export async function fill(asOwner: (statement: string) => Promise<void>, size: Size): Promise<void> {
  const hash = await hashPassword(PASSWORD)
  for (const statement of [...peopleOf(size), ...belongingsOf(hash), logOf(size)]) await asOwner(statement)
  for (const table of [...TABLES, 'passwords', 'audit_events']) await asOwner(`analyze users.${table}`)
}

/** In Hangul, as their names are; the small tenant is a branch of its own; who waits and who was rejected is rare. */
const peopleOf = ({ people }: Size) => [
  `insert into users.tenants (id, name) values ('${LARGE}', 'large'), ('${SMALL}', 'small')`,
  `insert into users.people
     (sub, user_id, email, username_kr, username_en, deptname_kr, deptname_en, role, status, tenant_id, created_at)
   select 'p' || i, 'login' || i, 'login' || i || '@munjigi.test',
     substr('김이박최정강조윤장임', i / 10 % 10 + 1, 1) || chr(44032 + i * 7 % 11000) || chr(44032 + i * 13 % 11000),
     'Person ' || i, case when i % 10 = 0 then '지사' else '부서' || i % 40 || '팀' end, 'Department ' || i / 10 % 40,
     case when i % 1000 = 7 then 'PENDING' else 'USER' end,
     case when i % 5000 = 4999 then 'rejected' else 'active' end,
     (case when i % 10 = 0 then '${SMALL}' else '${LARGE}' end)::uuid, now() - i * interval '5 minutes'
   from generate_series(1, ${people}) as i`,
]

const belongingsOf = (hash: string) => [
  `insert into users.person_names (issuer, sub, person_sub) select 'https://idp.example', 'idp-' || sub, sub from users.people`,
  `insert into users.section_grants (person_sub, section_id, level)
   select sub, section, 'user' from users.people, unnest(array['canvas', 'documents']) as section`,
  `insert into users.groups (id, title) select 'group-' || i, 'Group ' || i from generate_series(0, 19) as i`,
  `insert into users.group_sections (group_id, section_id, level)
   select id, section, 'user' from users.groups, unnest(array['documents', 'workflows', 'train']) as section`,
  `insert into users.group_members (group_id, person_sub) select 'group-' || substr(sub, 2)::int / 10 % 20, sub from users.people`,
  `insert into users.sessions (sid, person_sub, access_exp, refresh_exp, ended_at, user_agent, address)
   select sub || '-' || i, sub, extract(epoch from now())::bigint + 900, extract(epoch from now())::bigint + 600000,
     case when i > 2 then now() end, 'Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0', '10.0.0.1'
   from users.people, generate_series(1, 3) as i`,
  `insert into users.api_keys (tenant_id, person_sub, name, prefix, secret_hash, scopes)
   select tenant_id, sub, 'key ' || i, substr(md5(sub || i), 1, 8), md5(sub || i), '["meal"]'
   from users.people, generate_series(1, case when sub = 'p${KEY_OWNER}' then ${KEYS} else 1 end) as i`,
  `insert into users.passwords (person_sub, email, hash)
   select sub, email, '${hash}' from users.people where substr(sub, 2)::int <= ${WITH_PASSWORD}`,
]

/** Most lines tell of sign-ins; approvals are of long ago, rejections rare. */
const logOf = ({ people, events }: Size) =>
  `insert into users.audit_events (at, actor, action, target, tenant_id, details, request_id)
   select now() - (${events} - i) * interval '30 seconds', 'p' || i % 5000 + 1,
     case when i < ${events / 10} then 'person.approved' when i % 20000 = 9 then 'person.rejected'
       when i % 50 = 3 then 'person.sections-set' when i % 2 = 0 then 'session.started' else 'session.ended' end,
     'p' || i % ${people} + 1, (case when i % 10 = 0 then '${SMALL}' else '${LARGE}' end)::uuid,
     jsonb_build_object('sid', md5(i::text), 'way', 'sso'), md5(i::text)
   from generate_series(1, ${events}) as i`
