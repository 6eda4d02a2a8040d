import type { Migration } from '@munjigi/db/migrate'

// Written before somebody is linked, so it hangs on no row of user_map.
export const kakaoPeople: Migration = {
  name: '0004-kakao-people',
  up: `
    create table kakao_people (
      kakao_id text constraint kakao_people__kakao_id primary key
        constraint kakao_people__kakao_id_form check (length(kakao_id) between 1 and 255),
      app_user_id text not null
        constraint kakao_people__app_user_id_form check (length(app_user_id) between 1 and 255)
    );
    create index kakao_people__app_user_id on kakao_people (app_user_id);
  `,
}
