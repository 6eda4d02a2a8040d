import type { Migration } from '@munjigi/db/migrate'

// A chat can go to another person in the same row of user_map, who did not ask for anything.
export const noticeSubscriptionsPerson: Migration = {
  name: '0003-notice-subscriptions-person',
  up: `
    alter table notice_subscriptions add column keycloak_sub text;
    update notice_subscriptions as subscription set keycloak_sub = user_map.keycloak_sub
      from user_map where user_map.kakao_id = subscription.kakao_id;
    alter table notice_subscriptions alter column keycloak_sub set not null;
  `,
}
