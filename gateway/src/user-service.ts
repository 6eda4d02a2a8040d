import { type Client, createClient } from '@munjigi/client'
import {
  AccessRecord,
  ExchangedToken,
  INTERNAL_USER_PATH,
  type PrincipalName,
  type TokenExchange,
} from '@munjigi/contracts/access'
import { X_INTERNAL_KEY } from '@munjigi/contracts/headers'
import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import { Check } from 'typebox/value'
import { accessUnknown } from './problems.ts'
import type { ServiceSettings } from './route-table.ts'

/** A frozen user service is known soon enough for the caller to be answered within a second. */
const TIMEOUT_MS = 700
const COOL_DOWN_MS = 500
/** What user refuses about the caller; its other refusals are about the gateway, and are failures. */
const REFUSALS = new Set([
  'unknown-credential',
  'acting-refused',
  'unknown-person',
  'account-disabled',
  'account-rejected',
  'approval-pending',
  'tenant-suspended',
  'session-ended',
  'token-outdated',
])

export interface UserService {
  /** Undefined: user does not know the name. @throws Problem 503 `access-unknown` */
  findRecord(name: PrincipalName): Promise<AccessRecord | undefined>
  /** @throws Problem 401 or 403 as user refuses it, 503 `access-unknown` */
  exchange(credential: TokenExchange): Promise<ExchangedToken>
  /** True while it does not answer: nobody waits for it but one try at a time. */
  readonly isDown: boolean
  close(): Promise<void>
}

interface UserServiceDeps {
  /** The host of module `auth` in the table of this moment. */
  find: () => ServiceSettings | undefined
  internalKey: string
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
}

/** The internal contract of DESIGN §4.6, asked with a deadline, and not at all while user is known to be down. */
export function createUserService({ find, internalKey, log }: UserServiceDeps): UserService {
  let connected: { service: ServiceSettings; client: Client } | undefined
  let isDown = false
  let isTrying = false
  let misfit: string | undefined
  let answeredAt = 0
  let failedAt = 0

  async function ask<T>(call: (client: Client) => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    const isProbe = requireTurn(startedAt)
    try {
      const answer = await call(clientOf(requireService()))
      misfit = undefined
      noteAnswer()
      return answer
    } catch (error) {
      noteError(error, startedAt)
      throw error
    } finally {
      if (isProbe) isTrying = false
    }
  }

  /** While user is down, one question at a time finds out whether it still is, and nobody else waits. */
  function requireTurn(now: number): boolean {
    if (!isDown) return false
    if (isTrying || now - failedAt < COOL_DOWN_MS) throw accessUnknown()
    isTrying = true
    return true
  }

  function noteAnswer() {
    if (isDown) log.info('user service answers again')
    answeredAt = performance.now()
    isDown = false
  }

  function noteError(error: unknown, startedAt: number) {
    if (error instanceof Problem && error.status !== 503) return noteAnswer()
    // An answer to somebody else since then: it is this one question that user cannot answer.
    if (answeredAt >= startedAt) return
    if (!isDown) log.warn({ err: error }, 'user service does not answer')
    failedAt = performance.now()
    isDown = true
  }

  /** A refusal that is not about the caller is about our key, or the host is no user service; said once. */
  function failure(error: unknown): Problem {
    if (error instanceof Problem && error.status < 500 && error.type !== misfit) {
      misfit = error.type
      log.error({ status: error.status, type: misfit }, 'user service refuses the gateway')
    }
    return accessUnknown(error)
  }

  function requireService(): ServiceSettings {
    const service = find()
    if (service === undefined) throw accessUnknown()
    return service
  }

  function clientOf(service: ServiceSettings): Client {
    if (connected?.service === service) return connected.client
    void close()
    const headers = { [X_INTERNAL_KEY]: internalKey }
    const ca = service.caFile === undefined ? {} : { caFile: service.caFile }
    connected = { service, client: createClient({ baseUrl: service.origin, timeoutMs: TIMEOUT_MS, headers, ...ca }) }
    return connected.client
  }

  async function close() {
    const old = connected
    connected = undefined
    await old?.client.close()
  }

  return {
    async findRecord({ issuer, sub }) {
      const path = `${INTERNAL_USER_PATH}/access`
      const answer = await ask((client) => client.get(path, { issuer, sub })).catch((error) => {
        if (isUnknownPerson(error)) return undefined
        throw failure(error)
      })
      if (answer === undefined || Check(AccessRecord, answer)) return answer
      throw accessUnknown()
    },
    async exchange(credential) {
      const path = `${INTERNAL_USER_PATH}/tokens`
      const answer = await ask((client) => client.post(path, credential)).catch((error) => {
        throw isRefusal(error) ? error : failure(error)
      })
      if (Check(ExchangedToken, answer)) return answer
      throw accessUnknown()
    },
    get isDown() {
      return isDown
    },
    close,
  }
}

const isUnknownPerson = (error: unknown): boolean =>
  error instanceof Problem && error.status === 404 && error.type === 'unknown-person'

const isRefusal = (error: unknown): boolean =>
  error instanceof Problem && (error.status === 401 || error.status === 403) && REFUSALS.has(error.type)
