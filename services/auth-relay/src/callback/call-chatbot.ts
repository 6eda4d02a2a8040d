import { setTimeout } from 'node:timers/promises'
import type { RelayCallback } from '@munjigi/contracts/relay'
import { newSecret } from '@munjigi/identity/browser-login'
import type { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import { callbackInvalidStatus, callbackRequestError, callbackTimeout } from '../problems.ts'
import { signedPost } from '../signed-post.ts'

const FIRST_PAUSE_MS = 250

export interface Call {
  url: string
  /** Signs what is sent. */
  secret: string
  /** In all, over every try. */
  timeoutMs: number
  login: Omit<RelayCallback, 'ts' | 'nonce'>
}

/**
 * Brings a chatbot the ten fields of a login. A connection failure or 5xx is tried again, as a new message, while there is time.
 * @throws Problem 502
 */
export async function callChatbot({ url, secret, timeoutMs, login }: Call, log: FastifyBaseLogger): Promise<void> {
  const endsAt = performance.now() + timeoutMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    const message: RelayCallback = { ...login, ts: Math.floor(Date.now() / 1000), nonce: newSecret() }
    const leftMs = Math.max(1, Math.ceil(endsAt - performance.now()))
    const failure = await signedPost(url, message, secret, leftMs).then(failureOfStatus, failureOfRequest)
    if (failure === undefined) return
    const { problem, reason, isFinal } = failure
    log.warn({ client: login.client_key, problem: problem.type, reason }, 'chatbot did not take the login')
    // A pause as long as what is left would leave no time for the try.
    if (isFinal || performance.now() + 2 * pauseMs > endsAt) throw problem
    await setTimeout(pauseMs)
  }
}

interface Failure {
  problem: Problem
  reason: unknown
  isFinal: boolean
}

function failureOfStatus(status: number): Failure | undefined {
  if (status >= 200 && status < 300) return undefined
  return { problem: callbackInvalidStatus(), reason: status, isFinal: status < 500 }
}

function failureOfRequest(error: Error & { code?: string }): Failure {
  if (error.name === 'TimeoutError') return { problem: callbackTimeout(), reason: error.name, isFinal: true }
  return { problem: callbackRequestError(), reason: error.code ?? error.name, isFinal: false }
}
