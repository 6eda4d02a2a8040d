import { X_KAKAO_SKILL_SECRET } from '@munjigi/contracts/headers'
import { Problem } from '@munjigi/problem'
import { isSameText } from '@munjigi/sealing/same-text'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { allowedCallback } from '../kakao/callback-url.ts'
import { textAnswer } from '../kakao/skill-answer.ts'
import { appUserIdOf, isInGroup, languageOf, personOf, SkillRequest } from '../kakao/skill-request.ts'
import { otherBot, skillSecretInvalid } from '../problems.ts'
import type { ChatbotSettings } from '../settings.ts'
import type { Converse } from './conversation.ts'
import { answersInTime } from './in-time.ts'
import { texts } from './texts.ts'

/** More than anybody says, and little enough to look through. */
const MAX_UTTERANCE_LENGTH = 2_000

/** Kakao's skill webhook: who is not Kakao is refused, and Kakao gets a card with 200 whatever happens (PROTOCOLS). */
export function skillRoutes(scope: FastifyInstance, settings: ChatbotSettings['skill'], converse: Converse): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const answers = answersInTime()
  app.addHook('preClose', async () => answers.hurry())
  app.addHook('onClose', answers.settled)

  app.addHook('onRequest', async (request) => requireSecret(request, settings.secret))
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof Problem) throw error
    request.log.warn({ err: error }, 'skill request not understood')
    return reply.code(200).send(textAnswer(texts.ko.unavailable))
  })

  app.route({
    method: 'POST',
    url: '/skill',
    schema: {
      summary: "Kakao's skill request 2.0, answered by a skill response 2.0",
      tags: ['skill'],
      security: [],
      body: SkillRequest,
      response: { 200: Type.Object({ version: Type.Literal('2.0') }, { additionalProperties: true }) },
    },
    handler: async ({ body: { bot, userRequest }, log }) => {
      requireOurBot(bot.id, settings.botId)
      const said = {
        person: personOf(userRequest),
        appUserId: appUserIdOf(userRequest),
        isInGroup: isInGroup(userRequest),
        language: languageOf(userRequest),
        text: (userRequest.utterance ?? '').slice(0, MAX_UTTERANCE_LENGTH),
      }
      const callbackUrl = allowedCallback(userRequest.callbackUrl, settings.callbackHosts)
      if (userRequest.callbackUrl && !callbackUrl) log.warn('callback URL outside KAKAO_CALLBACK_HOSTS left alone')
      const work = (signal: AbortSignal) => converse(said, signal, log)
      return answers.answer({ work, callbackUrl, language: said.language, log })
    },
  })
}

function requireSecret({ headers }: FastifyRequest, secret: string): void {
  const given = headers[X_KAKAO_SKILL_SECRET]
  if (typeof given !== 'string' || !isSameText(given, secret)) throw skillSecretInvalid()
}

/** Kakao adds an exclamation mark to the id in the channel where a bot is developed. */
function requireOurBot(id: string, ours: string): void {
  if (id !== ours && id !== `${ours}!`) throw otherBot()
}
