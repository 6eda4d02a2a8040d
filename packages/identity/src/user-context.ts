import { CASE_ROLES, type CaseRole } from '@munjigi/contracts/case-roles'
import { X_TENANT_ID, X_USER_SUB } from '@munjigi/contracts/headers'
import { Problem } from '@munjigi/problem'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verifier.ts'

const unauthenticated = (type: string, title: string, detail: string) =>
  new Problem(401, type, title, { detail, headers: { 'www-authenticate': 'Bearer' } })

const tokenMissing = () =>
  unauthenticated('token-missing', 'A token is needed', 'Send Authorization: Bearer <access token>')
const userSubMissing = () =>
  unauthenticated(
    'user-sub-missing',
    'X-User-Sub is missing',
    'Call through the gateway, or send X-User-Sub with the subject of the token',
  )
const userSubMismatch = () =>
  unauthenticated(
    'user-sub-mismatch',
    'X-User-Sub is not the subject of the token',
    'Send the subject of the token, or let the gateway set it',
  )
const tenantMismatch = () => new Problem(403, 'tenant-mismatch', 'Another tenant', { detail: 'Tenant mismatch' })
/** 403 for a token of another issuer where rights of ours are needed. */
export const platformTokenRequired = () =>
  new Problem(403, 'platform-token-required', 'A platform token is needed here', {
    detail: 'This token carries no permissions of ours: sign in at the platform and send its access token',
  })

/** Who calls, according to the verified token, with which `X-User-Sub` has been compared. */
export interface UserContext {
  /** The subject, unique among all trusted issuers. */
  readonly sub: string
  readonly token: VerifiedToken
  readonly tenantId: string | undefined
  readonly role: string | undefined
  readonly permissions: ReadonlySet<string>
  /** Case roles by case, as of the token; undefined where there are too many for a token, and user must be asked. */
  readonly caseRoles: ReadonlyMap<string, CaseRole> | undefined
  /** Keycloak's roles (source 002 §2.2); somebody from an issuer with people of its own has none (decision 1). */
  hasRealmRole(role: string): boolean
  hasClientRole(client: string, role: string): boolean
}

type Access = 'authenticated' | 'public' | 'open'

/**
 * Makes every route of this scope demand a verified user, unless its `config.access` is `public` (a token is
 * optional, a bad one refused) or `open` (Authorization is not read). The second defence behind the gateway.
 */
export function identity(app: FastifyInstance, { verifier }: { verifier: Verifier }): void {
  app.decorateRequest('user', undefined)
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access ?? 'authenticated'
    if (access === 'open') return
    if (access === 'public' && request.headers.authorization === undefined) return
    const user = await authenticate(request, verifier)
    request.user = user
    request.subject = user.sub
  })
}

/** The user of a route that demands one. */
export function requireUser(request: FastifyRequest): UserContext {
  if (request.user === undefined) throw tokenMissing()
  return request.user
}

async function authenticate(request: FastifyRequest, verifier: Verifier): Promise<UserContext> {
  const token = bearerOf(request)
  const verified = verifier.remembered(token) ?? (await verifier.verify(token))
  const claimed = onlyValue(request, X_USER_SUB)
  if (claimed === undefined) throw userSubMissing()
  if (claimed !== verified.subject) throw userSubMismatch()
  const user = userContext(verified)
  const tenant = onlyValue(request, X_TENANT_ID)
  if (tenant !== undefined && tenant !== user.tenantId) throw tenantMismatch()
  return user
}

function bearerOf(request: FastifyRequest): string {
  const token = /^Bearer ([^\s,]+)$/i.exec(onlyValue(request, 'authorization') ?? '')?.[1]
  if (token === undefined) throw tokenMissing()
  return token
}

/** Node joins two lines of a header or drops one of them; both readings are refused. */
function onlyValue(request: FastifyRequest, name: string): string | undefined {
  const { rawHeaders } = request.raw
  const lines = rawHeaders.filter((_value, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
  if (lines.length > 1)
    throw new Problem(400, 'ambiguous-header', 'A header was sent twice', { detail: `Send ${name} once` })
  return lines[0]
}

function userContext(token: VerifiedToken): UserContext {
  const claims = token.claims
  const permissions = token.issuer.isPlatform && Array.isArray(claims.permissions) ? claims.permissions : []
  const { realm_access, resource_access: clients } = token.issuer.people === 'shared' ? claims : {}
  return {
    sub: token.subject,
    token,
    tenantId: token.issuer.isPlatform && isTenantId(claims.tenant_id) ? claims.tenant_id : undefined,
    role: typeof claims.role === 'string' && token.issuer.isPlatform ? claims.role : undefined,
    permissions: new Set(permissions.filter((item) => typeof item === 'string')),
    caseRoles: token.issuer.isPlatform ? caseRolesIn(claims) : new Map(),
    hasRealmRole: (role) => rolesIn(realm_access).includes(role),
    hasClientRole: (client, role) => {
      if (typeof clients !== 'object' || clients === null || !Object.hasOwn(clients, client)) return false
      return rolesIn((clients as Record<string, unknown>)[client]).includes(role)
    },
  }
}

const TENANT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const isTenantId = (claim: unknown): claim is string => typeof claim === 'string' && TENANT_ID.test(claim)

function caseRolesIn({ case_roles, case_roles_ref }: Record<string, unknown>): Map<string, CaseRole> | undefined {
  if (case_roles_ref === true) return undefined
  if (typeof case_roles !== 'object' || case_roles === null || Array.isArray(case_roles)) return new Map()
  const isCaseRole = (entry: [string, unknown]): entry is [string, CaseRole] =>
    CASE_ROLES.some((role) => role === entry[1])
  return new Map(Object.entries(case_roles).filter(isCaseRole))
}

function rolesIn(access: unknown): unknown[] {
  if (typeof access !== 'object' || access === null) return []
  const { roles } = access as { roles?: unknown }
  return Array.isArray(roles) ? roles : []
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; undefined on open routes and on public ones without a token. */
    user: UserContext | undefined
  }
  interface FastifyContextConfig {
    access?: Access
  }
}
