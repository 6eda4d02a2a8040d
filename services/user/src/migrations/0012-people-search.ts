import type { Migration } from '@munjigi/db/migrate'

// Under row-level security only comparisons that cannot leak use an index: those of text do, LIKE and arrays do not. So what
// people are searched by stands in rows of its own, compared by its beginning.
export const peopleSearch: Migration = {
  name: '0012-people-search',
  up: `
    drop index people__tenant;
    create index people__tenant on people (tenant_id, created_at, sub);
    create index people__role on people (role, created_at, sub);
    create index people__shut_out on people (status, created_at, sub) where status <> 'active';
    create index people__superuser on people (sub) where superuser;

    create table person_terms (
      tenant_id uuid not null,
      person_sub text not null,
      term text collate "C" not null,
      constraint person_terms__person_term primary key (person_sub, term),
      -- By the key alone: before the first ANALYZE the planner may look a pair up by walking the whole tenant.
      constraint person_terms__person foreign key (person_sub) references people on delete cascade
    );
    create index person_terms__term on person_terms (term, person_sub);
    -- What is frequent elsewhere may be rare in one tenant.
    create index person_terms__tenant on person_terms (tenant_id, term, person_sub);
    alter table person_terms enable row level security;
    alter table person_terms force row level security;
    create policy person_terms__tenant on person_terms
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    create policy person_terms__all_tenants on person_terms
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);

    -- What stands from the beginning of a word on, and from each syllable on: a given name follows its family name unspaced.
    create function terms_of(value text) returns setof text language sql immutable as $$
      select substr(value, place, 40)
      from generate_series(1, least(length(value), 200)) as place,
        lateral (select substr(value, place, 1) collate "C", substr(' ' || value, place, 1) collate "C")
          as here (letter, before)
      where letter between '가' and '힣'
        or (not (letter < '0' or (letter > '9' and letter < 'a') or letter between '{' and '~')
          and (before < '0' or (before > '9' and before < 'a') or before between '{' and '~'))
    $$;

    create function terms_of_person(person people) returns setof text language sql immutable as $$
      select distinct term
      from unnest(array[person.user_id, person.email, person.username_kr, person.username_en, person.deptname_kr,
          person.deptname_en]) as value,
        users.terms_of(lower(normalize(value, nfc))) as term
    $$;

    create function write_terms_of_new() returns trigger language plpgsql as $$
    begin
      insert into users.person_terms (tenant_id, person_sub, term)
        select tenant_id, sub, term from written, users.terms_of_person(written) as term;
      return null;
    end $$;
    create trigger people__terms_of_new after insert on people
      referencing new table as written for each statement execute function write_terms_of_new();

    create function write_terms_of_changed() returns trigger language plpgsql as $$
    begin
      delete from users.person_terms where person_sub = new.sub;
      insert into users.person_terms (tenant_id, person_sub, term)
        select new.tenant_id, new.sub, term from users.terms_of_person(new) as term;
      return null;
    end $$;
    create trigger people__terms_of_changed after update on people
      for each row when (
        (old.tenant_id, old.user_id, old.email, old.username_kr, old.username_en, old.deptname_kr, old.deptname_en)
          is distinct from (new.tenant_id, new.user_id, new.email, new.username_kr, new.username_en, new.deptname_kr, new.deptname_en))
      execute function write_terms_of_changed();

    alter table group_members add column tenant_id uuid;
    create function write_tenant_of_member() returns trigger language plpgsql as $$
    begin
      -- Locked, or who is moved meanwhile would stay a member in the old tenant.
      select tenant_id into new.tenant_id from users.people where sub = new.person_sub for share;
      return new;
    end $$;
    create trigger group_members__tenant_of_member before insert on group_members
      for each row execute function write_tenant_of_member();

    create function write_tenant_of_moved() returns trigger language plpgsql as $$
    begin
      update users.group_members set tenant_id = new.tenant_id where person_sub = new.sub;
      return null;
    end $$;
    create trigger people__tenant_of_moved after update on people
      for each row when (old.tenant_id is distinct from new.tenant_id) execute function write_tenant_of_moved();

    select set_config('app.all_tenants', 'on', true);
    update group_members set tenant_id = people.tenant_id from people where sub = person_sub;
    insert into person_terms (tenant_id, person_sub, term)
      select tenant_id, sub, term from people, terms_of_person(people) as term;
    select set_config('app.all_tenants', '', true);

    alter table group_members alter column tenant_id set not null;
    create index group_members__tenant on group_members (tenant_id, group_id, person_sub);
    alter table group_members enable row level security;
    alter table group_members force row level security;
    create policy group_members__tenant on group_members
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    create policy group_members__all_tenants on group_members
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);
  `,
}
