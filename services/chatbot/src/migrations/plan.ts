import { userMapMigrations } from '@munjigi/chatbot-sdk/user-map-migrations'
import type { MigrationPlan } from '@munjigi/db/migrate'
import { noticeSubscriptions } from './0002-notice-subscriptions.ts'
import { noticeSubscriptionsPerson } from './0003-notice-subscriptions-person.ts'
import { kakaoPeople } from './0004-kakao-people.ts'

export const SCHEMA = 'chatbot'
export const SERVING_ROLE = 'chatbot_serving'

/** The schema that this service owns, the SDK's table in it, and the role it serves under. */
export const migrationPlan: MigrationPlan = {
  schema: SCHEMA,
  servingRole: SERVING_ROLE,
  migrations: [...userMapMigrations, noticeSubscriptions, noticeSubscriptionsPerson, kakaoPeople],
}
