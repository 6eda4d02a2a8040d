import type { UserMapTables } from '@munjigi/chatbot-sdk/postgres-user-map'
import type { ColumnType, Generated } from 'kysely'

export interface Tables extends UserMapTables {
  kakao_people: {
    kakao_id: string
    app_user_id: string
  }
  notice_subscriptions: {
    kakao_id: string
    /** Who asked: the chat may be another's by now. */
    keycloak_sub: string
    /** The last day on which telling them was tried. */
    last_day: Generated<string>
    /** Of that day; set while somebody is telling them, too. */
    is_told: Generated<boolean>
    tries: Generated<number>
    try_after: Generated<Date>
    created_at: ColumnType<Date, never, never>
  }
}
