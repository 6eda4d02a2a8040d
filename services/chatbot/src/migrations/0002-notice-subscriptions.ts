import type { Migration } from '@munjigi/db/migrate'

// Who signs out is forgotten here too. `is_told` is set before the telling: a process that dies in between tells nobody twice.
export const noticeSubscriptions: Migration = {
  name: '0002-notice-subscriptions',
  up: `
    create table notice_subscriptions (
      kakao_id text constraint notice_subscriptions__kakao_id primary key
        constraint notice_subscriptions__link references user_map on delete cascade,
      last_day date not null default '1970-01-01',
      is_told boolean not null default true,
      tries integer not null default 0,
      try_after timestamptz not null default now(),
      created_at timestamptz not null default now()
    );
    create index notice_subscriptions__due on notice_subscriptions (last_day, is_told);
  `,
}
