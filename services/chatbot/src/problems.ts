import { Problem } from '@munjigi/problem'

export const skillSecretInvalid = () =>
  new Problem(401, 'skill-secret-invalid', 'Kakao shows our secret, and this caller does not', {
    detail: "Set the header x-kakao-skill-secret in Kakao's skill settings to KAKAO_SKILL_SECRET",
  })
export const otherBot = () =>
  new Problem(403, 'other-bot', 'This skill belongs to another bot', {
    detail: 'bot.id is not KAKAO_BOT_ID',
  })
