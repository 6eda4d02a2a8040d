import type { Problem } from '@munjigi/problem'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { logFailure, problemOf } from './error-problem.ts'
import { acceptsHtml, type Language, type Page, preferredLanguage, sendPage } from './page.ts'

type FailureText = Pick<Page, 'title' | 'paragraphs' | 'action'>

const numberLabel = { ko: '요청 번호', en: 'Request' }

/**
 * An error handler that answers browsers with a page of `textOf` the problem, its status and headers kept, and the request's
 * number below. Other callers get the problem as it is.
 */
export const failurePage =
  (textOf: (problem: Problem, language: Language) => FailureText) =>
  (error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    reply.header('cache-control', 'no-store')
    if (!acceptsHtml(request.headers.accept)) throw error
    const problem = problemOf(error)
    logFailure(request.log, error, problem)
    if (problem.status < 500) request.log.info({ problem: problem.type }, 'request refused')
    const language = preferredLanguage(request.headers['accept-language'])
    return sendPage(reply.headers(problem.headers), {
      status: problem.status,
      language,
      ...textOf(problem, language),
      footnote: `${numberLabel[language]}: ${request.id}`,
    })
  }
