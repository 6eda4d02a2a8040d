import { type Generated, type Kysely, sql } from 'kysely'
import type { NewLink, UserMap, UserMapRow } from './user-map.ts'

/** The table of `userMapMigrations`. */
export interface UserMapTables {
  user_map: Omit<UserMapRow, 'created_at'> & {
    created_at: Generated<Date>
    renewal_owner: Generated<string | null>
    renewal_until: Generated<Date | null>
  }
}

const columns = [
  'keycloak_sub',
  'kakao_id',
  'access_token',
  'refresh_token',
  'access_token_expires_at',
  'refresh_token_expires_at',
  'login_at',
  'login_id',
  'refreshed_at',
  'created_at',
] as const

const unclaimed = { renewal_owner: null, renewal_until: null }
const cleared = {
  ...unclaimed,
  access_token: null,
  refresh_token: null,
  access_token_expires_at: null,
  refresh_token_expires_at: null,
}

/** The user map in PostgreSQL or PGlite; `db` serves the schema that has the table. */
export function postgresUserMap(db: Kysely<UserMapTables>): UserMap {
  const findBy = async (column: 'kakao_id' | 'keycloak_sub', value: string): Promise<UserMapRow | undefined> =>
    isStorable(value)
      ? db.selectFrom('user_map').select(columns).where(column, '=', value).executeTakeFirst()
      : undefined
  const updateClaimed = (chatbotUser: string, owner: string) =>
    db
      .updateTable('user_map')
      .where('kakao_id', '=', chatbotUser)
      .where('renewal_owner', '=', owner)
      .returning('kakao_id')

  async function bind(link: NewLink): ReturnType<UserMap['link']> {
    const { kakao_id, keycloak_sub, ...login } = link
    const stored = await db
      .insertInto('user_map')
      .values(link)
      .onConflict((conflict) =>
        conflict
          .column('kakao_id')
          .doUpdateSet({ ...login, ...unclaimed })
          .where('user_map.keycloak_sub', '=', keycloak_sub)
          .where('user_map.login_at', '<=', login.login_at)
          .where('user_map.login_id', '!=', login.login_id),
      )
      .returning('kakao_id')
      .executeTakeFirst()
      .catch(subIsTaken)
    if (stored && stored !== SUB_TAKEN) return 'linked'

    const row = await findBy('kakao_id', kakao_id)
    // Two first logins of one pair meet at either constraint: the later one finds the row and tries again.
    if (stored === SUB_TAKEN) return row?.keycloak_sub === keycloak_sub ? bind(link) : 'sub-taken'
    return row === undefined ? bind(link) : refusalBy(row, link)
  }

  return {
    findByChat: (chatbotUser) => findBy('kakao_id', chatbotUser),
    findBySub: (sub) => findBy('keycloak_sub', sub),
    link: bind,
    async rebind({ kakao_id, ...link }, formerSub) {
      const bound = await db
        .updateTable('user_map')
        .set({ ...link, ...unclaimed, created_at: sql<Date>`now()` })
        .where('kakao_id', '=', kakao_id)
        .where('keycloak_sub', '=', formerSub)
        .where('refresh_token', 'is', null)
        .returning('kakao_id')
        .executeTakeFirst()
        .catch(subIsTaken)
      if (bound === SUB_TAKEN) return 'sub-taken'
      return bound ? 'linked' : 'changed'
    },
    claim: (chatbotUser, owner, ms) =>
      db
        .updateTable('user_map')
        .set({ renewal_owner: owner, renewal_until: sql`now() + ${ms} * interval '1 millisecond'` })
        .where('kakao_id', '=', chatbotUser)
        .where((row) => row.or([row('renewal_until', 'is', null), row('renewal_until', '<', sql<Date>`now()`)]))
        .returning(columns)
        .executeTakeFirst(),
    storeTokens: async (chatbotUser, owner, tokens) =>
      (await updateClaimed(chatbotUser, owner)
        .set({ ...tokens, ...unclaimed })
        .executeTakeFirst()) !== undefined,
    clearTokens: async (chatbotUser, owner) =>
      (await updateClaimed(chatbotUser, owner).set(cleared).executeTakeFirst()) !== undefined,
    async release(chatbotUser, owner) {
      await updateClaimed(chatbotUser, owner).set(unclaimed).execute()
    },
    async endLogin(chatbotUser, loginId) {
      const ended = await db
        .updateTable('user_map')
        .set(cleared)
        .where('kakao_id', '=', chatbotUser)
        .where('login_id', '=', loginId)
        .returning('kakao_id')
        .executeTakeFirst()
      return ended !== undefined
    },
    remove: async (chatbotUser) =>
      isStorable(chatbotUser)
        ? db.deleteFrom('user_map').where('kakao_id', '=', chatbotUser).returning(columns).executeTakeFirst()
        : undefined,
    listIdle: (before, limit, after) =>
      db
        .selectFrom('user_map')
        .select(['kakao_id', 'refreshed_at'])
        .where('refresh_token', 'is not', null)
        .where('refreshed_at', '<', before)
        .$if(after !== undefined, (idle) =>
          idle.where(sql<boolean>`(refreshed_at, kakao_id) > (${after?.refreshed_at}, ${after?.kakao_id})`),
        )
        .orderBy('refreshed_at')
        .orderBy('kakao_id')
        .limit(limit)
        .execute(),
  }
}

/** NUL is refused as text, and half of a surrogate pair would be taken for U+FFFD: for another chat. */
const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0')

function refusalBy(row: UserMapRow, link: NewLink) {
  if (row.keycloak_sub !== link.keycloak_sub) return 'chat-taken'
  return row.login_id === link.login_id ? 'linked' : 'older'
}

const SUB_TAKEN = Symbol('another chat has this person')

function subIsTaken(error: { constraint?: string }): typeof SUB_TAKEN {
  if (error.constraint === 'user_map__keycloak_sub') return SUB_TAKEN
  throw error
}
