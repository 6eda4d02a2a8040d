import type { Migration } from '@munjigi/db/migrate'

// Whom a search or a group leaves are put in the order of the list by an index of theirs alone, without fetching each person.
export const peopleSearchOrder: Migration = {
  name: '0014-people-search-order',
  up: `
    alter table person_terms add column created_at timestamptz;
    alter table group_members add column created_at timestamptz;

    create or replace function write_terms_of_new() returns trigger language plpgsql as $$
    begin
      insert into users.person_terms (tenant_id, created_at, person_sub, term)
        select tenant_id, created_at, sub, term from written, users.terms_of_person(written) as term;
      return null;
    end $$;

    create or replace function write_terms_of_changed() returns trigger language plpgsql as $$
    begin
      delete from users.person_terms where person_sub = new.sub;
      insert into users.person_terms (tenant_id, created_at, person_sub, term)
        select new.tenant_id, new.created_at, new.sub, term from users.terms_of_person(new) as term;
      return null;
    end $$;
    drop trigger people__terms_of_changed on people;
    create trigger people__terms_of_changed after update on people
      for each row when (
        (old.tenant_id, old.created_at, old.user_id, old.email, old.username_kr, old.username_en, old.deptname_kr, old.deptname_en)
          is distinct from
        (new.tenant_id, new.created_at, new.user_id, new.email, new.username_kr, new.username_en, new.deptname_kr, new.deptname_en))
      execute function write_terms_of_changed();

    drop trigger group_members__tenant_of_member on group_members;
    drop function write_tenant_of_member;
    create function write_place_of_member() returns trigger language plpgsql as $$
    begin
      -- Locked, or who is moved meanwhile would stay a member in the old tenant.
      select tenant_id, created_at into new.tenant_id, new.created_at from users.people where sub = new.person_sub for share;
      return new;
    end $$;
    create trigger group_members__place_of_member before insert on group_members
      for each row execute function write_place_of_member();

    drop trigger people__tenant_of_moved on people;
    drop function write_tenant_of_moved;
    create function write_place_of_moved() returns trigger language plpgsql as $$
    begin
      update users.group_members set tenant_id = new.tenant_id, created_at = new.created_at where person_sub = new.sub;
      return null;
    end $$;
    create trigger people__place_of_moved after update on people
      for each row when ((old.tenant_id, old.created_at) is distinct from (new.tenant_id, new.created_at))
      execute function write_place_of_moved();

    drop index person_terms__term;
    drop index person_terms__tenant;
    drop index group_members__tenant;
    select set_config('app.all_tenants', 'on', true);
    update person_terms set created_at = people.created_at from people where sub = person_sub;
    update group_members set created_at = people.created_at from people where sub = person_sub;
    select set_config('app.all_tenants', '', true);
    alter table person_terms alter column created_at set not null;
    alter table group_members alter column created_at set not null;

    -- With all that is asked of them, so that the rows themselves are not fetched.
    create index person_terms__term on person_terms (term, person_sub) include (tenant_id, created_at);
    create index person_terms__tenant on person_terms (tenant_id, term, person_sub) include (created_at);
    create index group_members__oldest on group_members (group_id, created_at, person_sub) include (tenant_id);
    create index group_members__tenant on group_members (tenant_id, group_id, created_at, person_sub);
    -- How many begin so is read from samples of the terms: among the usual hundred a family name is lost.
    alter table person_terms alter column term set statistics 1000;
  `,
}
