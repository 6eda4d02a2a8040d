import type { Migration } from '@munjigi/db/migrate'

// A sign-in by password knows no tenant, so its e-mail is one of a kind; the person's own `email` is what the IdP says.
export const passwords: Migration = {
  name: '0006-passwords',
  up: `
    create table passwords (
      person_sub text constraint passwords__person_sub primary key references people,
      email text not null constraint passwords__email unique
        constraint passwords__email_form check (email = lower(email) and length(email) between 3 and 254),
      hash text constraint passwords__hash check (hash ~ '^[$](argon2id|2[aby])[$]'),
      changed_at timestamptz not null default now()
    );

    create table password_resets (
      token_hash text constraint password_resets__token_hash primary key,
      person_sub text not null constraint password_resets__person_sub references passwords on delete cascade,
      created_by text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index password_resets__person on password_resets (person_sub);
  `,
}
