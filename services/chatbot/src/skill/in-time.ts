import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { postJson } from '../kakao/post-json.ts'
import { type SkillAnswer, textAnswer, waitingAnswer } from '../kakao/skill-answer.ts'
import { type Language, texts } from './texts.ts'

/** Kakao gives up after 5 s. */
const ANSWER_WITHIN_MS = 4_500
/** Where the answer may follow by callback, nobody stares at an empty chat for longer. */
const FOLLOWS_AFTER_MS = 2_000
/** Kakao's callback URLs are good for a minute; the answer needs some of it to get there. */
const FOLLOWS_WITHIN_MS = 50_000
/** Kakao refuses an answer that overtakes the announcement of it. */
const FOLLOWS_NOT_BEFORE_MS = 300
const DELIVERED_WITHIN_MS = 4_500
/** What was begun without a callback is seen through, though nobody hears of it. */
const WORK_WITHIN_MS = 10_000
const MAX_UNDER_WAY = 500
/** With the delivery that follows, what a process is given to end. */
const ENDS_WITHIN_MS = 5_000

interface Question {
  work: (signal: AbortSignal) => Promise<SkillAnswer>
  /** Checked; undefined where the answer cannot follow. */
  callbackUrl: string | undefined
  language: Language
  log: FastifyBaseLogger
}

export interface AnswersInTime {
  answer(question: Question): Promise<SkillAnswer>
  /** From now on what is under way has 5 s left. */
  hurry(): void
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>
}

/** Answers within Kakao's 5 s, with what there is by then; the rest follows by callback, once. */
export function answersInTime(): AnswersInTime {
  const underWay = new Set<Promise<void>>()
  const ended = new AbortController()
  let ending: NodeJS.Timeout | undefined

  function keep(task: Promise<void>): void {
    underWay.add(task)
    void task.finally(() => underWay.delete(task))
  }

  async function answer({ work, callbackUrl, language, log }: Question): Promise<SkillAnswer> {
    const followsTo = underWay.size < MAX_UNDER_WAY ? callbackUrl : undefined
    const limit = AbortSignal.timeout(followsTo === undefined ? WORK_WITHIN_MS : FOLLOWS_WITHIN_MS)
    const { late, unavailable, waiting } = texts[language]
    const whole = untilAborted(work, AbortSignal.any([limit, ended.signal]), textAnswer(unavailable))
    const inTime = await within(whole, followsTo === undefined ? ANSWER_WITHIN_MS : FOLLOWS_AFTER_MS)
    if (inTime !== undefined) return inTime
    if (followsTo === undefined) {
      keep(whole.then(() => {}))
      return textAnswer(late)
    }
    keep(Promise.all([whole, delay(FOLLOWS_NOT_BEFORE_MS)]).then(([card]) => deliver(followsTo, card, log)))
    return waitingAnswer(waiting)
  }

  return {
    answer,
    hurry: () => {
      ending = setTimeout(() => ended.abort(), ENDS_WITHIN_MS)
    },
    settled: async () => {
      await Promise.all(underWay)
      clearTimeout(ending)
    },
  }
}

/** What `work` comes to, or `otherwise` once `signal` says that it takes too long. */
async function untilAborted(work: Question['work'], signal: AbortSignal, otherwise: SkillAnswer): Promise<SkillAnswer> {
  const aborted = Promise.withResolvers<SkillAnswer>()
  signal.addEventListener('abort', () => aborted.resolve(otherwise), { once: true })
  return Promise.race([work(signal), aborted.promise])
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const patience = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => patience.resolve(undefined), ms)
  return Promise.race([promise, patience.promise]).finally(() => clearTimeout(timer))
}

/** A callback URL takes one answer: what does not arrive is not sent again. */
async function deliver(url: string, card: SkillAnswer, log: FastifyBaseLogger): Promise<void> {
  try {
    const { status, body } = await postJson(url, card, { signal: AbortSignal.timeout(DELIVERED_WITHIN_MS) })
    const verdict = (body as { status?: unknown } | undefined)?.status
    if (status !== 200 || verdict !== 'SUCCESS') log.warn({ status, verdict }, 'answer not taken by the callback URL')
  } catch (error) {
    log.warn({ err: error }, 'answer not delivered to the callback URL')
  }
}
