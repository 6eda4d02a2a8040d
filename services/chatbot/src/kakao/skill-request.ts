import { type Static, Type } from 'typebox'

const Text = Type.Union([Type.String(), Type.Null()])

/** What is read of Kakao's skill request 2.0; it brings more, and new fields come without notice. */
export const SkillRequest = Type.Object({
  bot: Type.Object({ id: Type.String() }),
  userRequest: Type.Object({
    utterance: Type.Optional(Text),
    lang: Type.Optional(Text),
    callbackUrl: Type.Optional(Text),
    user: Type.Optional(
      Type.Object({
        id: Type.Optional(Text),
        type: Type.Optional(Text),
        properties: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
      }),
    ),
    chat: Type.Optional(Type.Unknown()),
  }),
})
type UserRequest = Static<typeof SkillRequest>['userRequest']

const MAX_PERSON_LENGTH = 255
const APP_USER_ID = /^[\x21-\x7e]{1,255}$/
const GROUP_KEYS = ['botGroupKey', 'bot_group_key']
// Kakao's own skill tester says accountId, or nothing.
const OTHER_PERSON_TYPES: readonly unknown[] = ['accountId', undefined, null]

/** Who speaks, by the key that this bot knows them by; undefined where nobody in particular does. */
export function personOf({ user }: UserRequest): string | undefined {
  const named = OTHER_PERSON_TYPES.includes(user?.type) ? user?.id : undefined
  const key = user?.type === 'botUserKey' ? user.id : (user?.properties?.botUserKey ?? named)
  return typeof key === 'string' && key !== '' && key.length <= MAX_PERSON_LENGTH ? key : undefined
}

/**
 * Who speaks, as the app that is connected to the channel knows them, and Kakao's unlink webhook; undefined without an app, and
 * in a group chat, where nothing says whose it is.
 */
export function appUserIdOf(request: UserRequest): string | undefined {
  const { appUserId, app_user_id } = request.user?.properties ?? {}
  const given = appUserId ?? app_user_id
  const id = Number.isSafeInteger(given) ? String(given) : given
  return !isInGroup(request) && typeof id === 'string' && APP_USER_ID.test(id) ? id : undefined
}

/** In a group chat everybody reads the answer. */
export const isInGroup = ({ user, chat }: UserRequest): boolean =>
  (chat !== undefined && chat !== null) ||
  user?.type === 'botGroupKey' ||
  GROUP_KEYS.some((key) => (user?.properties?.[key] ?? null) !== null)

/** Kakao writes `kr` and `ko` for Korean. */
export const languageOf = ({ lang }: UserRequest): 'ko' | 'en' => (lang?.toLowerCase().startsWith('en') ? 'en' : 'ko')
