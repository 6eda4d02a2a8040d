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
import { Compile } from 'typebox/compile'
import { accessUnknown } from '../problems.ts'
import type { ServiceSettings } from '../table/service-settings.ts'
import { Outage } from './outage.ts'
import { challenged } from './problems.ts'

/** Short enough for the caller of a frozen user service to be answered within a second. */
const TIMEOUT_MS = 700
/** Refusals that concern the caller; any other concerns the gateway, and is a failure. */
const REFUSALS = new Set([
  'unknown-credential',
  'acting-refused',
  'unknown-person',
  'account-disabled',
  'account-rejected',
  'tenant-suspended',
])

const accessRecord = Compile(AccessRecord)
const exchangedToken = Compile(ExchangedToken)

export interface UserService {
  /** Undefined: user does not know the name. @throws Problem 503 `access-unknown` */
  findRecord(name: PrincipalName): Promise<AccessRecord | undefined>
  /** @throws Problem 401 or 403 as user refuses it, 503 `access-unknown` */
  exchange(credential: TokenExchange): Promise<ExchangedToken>
  /** True while it does not answer: then only one question at a time waits for it. */
  readonly isDown: boolean
  close(): Promise<void>
}

interface UserServiceDeps {
  /** The host of module `auth` in the current table. */
  find: () => ServiceSettings | undefined
  internalKey: string
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
}

/** The internal contract of DESIGN §4.6, asked with a deadline, and not at all while user is known to be down. */
export function createUserService({ find, internalKey, log }: UserServiceDeps): UserService {
  let connected: { service: ServiceSettings; client: Client } | undefined
  let misfit: string | undefined
  const outage = new Outage(log)

  async function ask<T>(question: (client: Client) => Promise<T>): Promise<T> {
    const answer = await outage.ask(() => question(clientOf(requireService())))
    misfit = undefined
    return answer
  }

  /** A refusal that is not about the caller means that our key is wrong, or that the host is no user service; logged once. */
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
      if (answer === undefined || accessRecord.Check(answer)) return answer
      throw accessUnknown()
    },
    async exchange(credential) {
      const path = `${INTERNAL_USER_PATH}/tokens`
      const answer = await ask((client) => client.post(path, credential)).catch((error) => {
        throw isRefusal(error) ? challenged(error) : failure(error)
      })
      if (exchangedToken.Check(answer)) return answer
      throw accessUnknown()
    },
    get isDown() {
      return outage.isOn
    },
    close,
  }
}

const isUnknownPerson = (error: unknown): boolean =>
  error instanceof Problem && error.status === 404 && error.type === 'unknown-person'

const isRefusal = (error: unknown): error is Problem =>
  error instanceof Problem && (error.status === 401 || error.status === 403) && REFUSALS.has(error.type)
