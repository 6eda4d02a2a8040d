import type { AccessRecord, TokenExchange } from '@munjigi/contracts/access'
import { moduleName } from '@munjigi/identity/scope'
import type { VerifiedToken } from '@munjigi/identity/verified-token'
import type { Verifier } from '@munjigi/identity/verifier'
import { accessUnknown } from '../problems.ts'
import type { Route } from '../table/route.ts'
import type { AccessRecords } from './access-records.ts'
import type { Caller } from './credential.ts'
import type { Exchanges } from './exchange.ts'
import type { Principal } from './principal.ts'
import { tokenMissing, unknownPerson, userSubMismatch } from './problems.ts'
import { requireStanding } from './standing.ts'

const API_KEY_PREFIX = 'mj_'
/** For all questions of a request together, so that it is answered within a second even if user is slow. */
const PATIENCE_MS = 900

/** At once where token and record are at hand, else by asking. @throws Problem 401, 403 or 503 */
export type Authenticate = (caller: Caller, route: Route) => Principal | Promise<Principal>

interface AuthenticatorDeps {
  verifier: Verifier
  records: AccessRecords
  exchanges: Exchanges
  /** The claim `iss` of our own user service. */
  platformIssuer: string
}

/** Finds out who calls a route that is not open: token or key → principal in good standing. */
export function authenticator({ verifier, records, exchanges, platformIssuer }: AuthenticatorDeps): Authenticate {
  function atOnce(caller: Caller, credential: string): Principal | undefined {
    const own = verifier.remembered(credential) ?? verifier.verifyAtOnce(credential)
    if (own === undefined) return undefined
    if (!mayBeKnown(own)) return isNamed(caller, own) ? { caller, own, token: own, record: undefined } : undefined
    const access = records.remembered(own.issuer.issuer, own.sub)
    if (access === undefined || !isSettled(own, access.record) || !isNamed(caller, own)) return undefined
    requireStanding(own, access.record)
    return { caller, own, token: own, record: access.record }
  }

  async function byAsking(caller: Caller, credential: string, route: Route): Promise<Principal> {
    const own = verifier.remembered(credential) ?? (await verifier.verify(credential))
    const acting = actingCredential(caller, own, route)
    if (acting !== undefined) return asSomebody(caller, own, acting)
    if (mayBeKnown(own)) return asThemselves(caller, own)
    if (!isNamed(caller, own)) throw userSubMismatch()
    return { caller, own, token: own, record: undefined }
  }

  async function asThemselves(caller: Caller, own: VerifiedToken): Promise<Principal> {
    const { issuer, sub } = own
    const access = await records.find(issuer.issuer, sub)
    const { record } = access
    requireStanding(own, record)
    if (!isNamed(caller, own, record)) throw userSubMismatch()
    if (isSettled(own, record)) return { caller, own, token: own, record }
    if (record === undefined) return asStranger(caller, own)
    const token = await exchanges.find({ token: own.token }, caller.address, access)
    if (token.sub !== record.sub) throw accessUnknown()
    return inStanding({ caller, own, token, record: await recordOf(own) }, own)
  }

  /** A shared issuer's `sub` may be the platform's `sub` of somebody else, for whom its bearer must not be taken (decision 1). */
  async function asStranger(caller: Caller, own: VerifiedToken): Promise<Principal> {
    const namesake = await records.find(platformIssuer, own.sub)
    if (namesake.record !== undefined) throw unknownPerson()
    return { caller, own, token: own, record: undefined }
  }

  /** An API key stands for its owner, a client for the person it names: who that is, only the exchange tells. */
  async function asSomebody(
    caller: Caller,
    own: VerifiedToken | undefined,
    credential: TokenExchange,
  ): Promise<Principal> {
    const { issuer, sub } = await exchanges.find(credential, caller.address)
    const access = await records.find(issuer.issuer, sub)
    const token = await exchanges.find(credential, caller.address, access)
    if (token.sub !== sub) throw accessUnknown()
    if (own === undefined && !isNamed(caller, token)) throw userSubMismatch()
    return inStanding({ caller, own, token, record: await recordOf(token) }, token)
  }

  /** Asked again after an exchange, which gave a change the time to be announced. */
  const recordOf = async ({ issuer, sub }: VerifiedToken) => (await records.find(issuer.issuer, sub)).record

  return (caller, route) => {
    const { credential } = caller
    if (credential === undefined) return asNobody(caller, route)
    if (credential.startsWith(API_KEY_PREFIX)) return inTime(asSomebody(caller, undefined, { api_key: credential }))
    return atOnce(caller, credential) ?? inTime(byAsking(caller, credential, route))
  }
}

function asNobody(caller: Caller, { rule }: Route): Principal {
  if (rule.access !== 'public') throw tokenMissing()
  return { caller, own: undefined, token: undefined, record: undefined }
}

/** Only our own user service and the issuers it shares people with name our people (DESIGN §4.3). */
const mayBeKnown = ({ clientId, issuer }: VerifiedToken): boolean =>
  clientId === undefined && issuer.people === 'shared'

/** The token may go on as it is: its rights and its name are still those of the record. */
const isSettled = ({ iat, sub, issuer }: VerifiedToken, record: AccessRecord | undefined): boolean =>
  record === undefined ? issuer.isPlatform === true : iat > record.rights_changed_at && sub === record.sub

function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(accessUnknown()), PATIENCE_MS)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function inStanding(principal: Principal, token: VerifiedToken): Principal {
  requireStanding(token, principal.record)
  return principal
}

const isNamed = ({ userSub }: Caller, { sub, subject }: VerifiedToken, record?: AccessRecord): boolean =>
  userSub === undefined || userSub === subject || userSub === sub || userSub === record?.sub

function actingCredential(caller: Caller, own: VerifiedToken, { module }: Route): TokenExchange | undefined {
  const { clientId, issuer, token } = own
  if (clientId === undefined || caller.userSub === undefined || isNamed(caller, own)) return undefined
  const listed = issuer.act_for_users ?? {}
  const modules = Object.hasOwn(listed, clientId) ? listed[clientId]?.modules : undefined
  if (!modules?.some((name) => moduleName(name) === moduleName(module))) return undefined
  return { token, act_for: caller.userSub, module }
}
