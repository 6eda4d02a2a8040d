import type { Migration } from '@munjigi/db/migrate'

// A sign-in by password knows no tenant, so its e-mail is one of a kind; the person's own `email` is what the IdP says.
// Other parameters of argon2id, dearer bcrypt, and what no library reads, would take a time of their own, which tells whose they are.
export const passwords: Migration = {
  name: '0006-passwords',
  up: `
    create table passwords (
      person_sub text constraint passwords__person_sub primary key references people,
      email text not null constraint passwords__email unique
        constraint passwords__email_form check (email = lower(email) and length(email) between 3 and 254),
      hash text constraint passwords__hash check (
        hash ~ '^[$]argon2id[$]v=19[$]m=19456,t=2,p=1[$][A-Za-z0-9+/]{21}[AQgw][$][A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]$'
        or hash ~ '^[$]2[aby][$](0[4-9]|1[0-4])[$][./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$'),
      bcrypt_cost smallint generated always as (
        case when hash like '$2%' then substr(hash, 5, 2)::smallint end) stored,
      version integer not null default 1,
      changed_at timestamptz not null default now()
    );
    create index passwords__bcrypt_cost on passwords (bcrypt_cost) where bcrypt_cost is not null;

    create table password_origins (
      person_sub text not null constraint password_origins__person_sub references passwords on delete cascade,
      origin text not null,
      last_signed_in_at timestamptz not null,
      constraint password_origins__person_origin primary key (person_sub, origin)
    );
    create index password_origins__last on password_origins (last_signed_in_at);

    create table password_resets (
      token_hash text constraint password_resets__token_hash primary key,
      person_sub text not null constraint password_resets__person_sub references passwords on delete cascade,
      created_by text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index password_resets__person on password_resets (person_sub);
    create index password_resets__expiry on password_resets (expires_at);
  `,
}
