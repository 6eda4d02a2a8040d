/** Kakao's limits of skill response 2.0, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 1000
const MAX_CARD_TITLE_LENGTH = 50
const MAX_CARD_DESCRIPTION_LENGTH = 230

type Output =
  | { simpleText: { text: string } }
  | {
      basicCard: {
        title: string
        description: string
        thumbnail?: { imageUrl: string }
        buttons: { action: 'webLink'; label: string; webLinkUrl: string }[]
      }
    }

interface QuickReply {
  action: 'message'
  label: string
  messageText: string
}

/** Kakao's skill response 2.0, as far as this bot speaks it. */
export type SkillAnswer =
  | { version: '2.0'; template: { outputs: Output[]; quickReplies?: QuickReply[] } }
  | { version: '2.0'; useCallback: true; data: { text: string } }

/** `replies` are offered as buttons: what they show, and what the person then says. */
export const textAnswer = (text: string, replies: [label: string, says: string][] = []): SkillAnswer => ({
  version: '2.0',
  template: {
    outputs: [{ simpleText: { text: cut(text, MAX_TEXT_LENGTH) } }],
    ...(replies.length > 0 && {
      quickReplies: replies.map(([label, messageText]) => ({ action: 'message' as const, label, messageText })),
    }),
  },
})

interface LinkCard {
  title: string
  description: string
  /** At most 14 characters. */
  label: string
  url: string
  /** Kakao's documents demand a picture, and Kakao shows the card without one. */
  imageUrl?: string | undefined
}

export const linkAnswer = ({ title, description, label, url, imageUrl }: LinkCard): SkillAnswer => ({
  version: '2.0',
  template: {
    outputs: [
      {
        basicCard: {
          title: cut(title, MAX_CARD_TITLE_LENGTH),
          description: cut(description, MAX_CARD_DESCRIPTION_LENGTH),
          ...(imageUrl !== undefined && { thumbnail: { imageUrl } }),
          buttons: [{ action: 'webLink', label, webLinkUrl: url }],
        },
      },
    ],
  },
})

/** Holds the place until the answer itself goes to the callback URL. */
export const waitingAnswer = (text: string): SkillAnswer => ({ version: '2.0', useCallback: true, data: { text } })

/** At most `max` units of `text`, whole lines where there are several, with … where something was left out. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text
  const kept = text.slice(0, max - 2)
  const line = kept.lastIndexOf('\n')
  return line > 0 ? `${kept.slice(0, line)}\n…` : `${kept.toWellFormed().replace(/\ufffd$/, '')}…`
}
