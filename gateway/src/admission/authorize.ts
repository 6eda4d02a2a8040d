import type { AccessRecord, SectionLevel } from '@munjigi/contracts/access'
import { isInScope } from '@munjigi/identity/scope'
import type { VerifiedToken } from '@munjigi/identity/verified-token'
import type { Route } from '../table/route.ts'
import type { Rule } from '../table/rules.ts'
import type { Principal } from './principal.ts'
import {
  approvalPending,
  clientNotAllowed,
  clientsOnly,
  scopeRequired,
  sectionRequired,
  tenantMismatch,
  tenantSuspended,
  unknownPerson,
} from './problems.ts'

/** @throws Problem 403 unless the principal may use the route. Decided anew for each request, from facts alone. */
export function authorize(principal: Principal, route: Route): void {
  const { own, token, record, caller } = principal
  if (token === undefined) return
  if (caller.tenantId !== undefined && caller.tenantId !== tenantOf(token, record)) throw tenantMismatch()
  requireScope(token, route)
  if (own !== undefined && own !== token) requireScope(own, route)
  if (route.rule.access === 'public') return
  if (token.clientId !== undefined) requireListed(token, token.clientId, route.rule)
  else requirePerson(token, record, route.rule)
}

function requireListed({ issuer }: VerifiedToken, clientId: string, { clients }: Rule): void {
  // Like a subject, a client of an issuer with people of its own is nobody under its bare name (decision 1).
  if (!clients.has(issuer.people === 'shared' ? clientId : `${issuer.name}|${clientId}`)) throw clientNotAllowed()
}

function requirePerson(token: VerifiedToken, record: AccessRecord | undefined, rule: Rule): void {
  if (rule.access === 'service') throw clientsOnly()
  if (record === undefined) requireUnknownAllowed(token, rule)
  else requireKnown(record, rule)
}

function requireKnown(record: AccessRecord, rule: Rule): void {
  if (record.role === 'PENDING' && !rule.isPendingAllowed) throw approvalPending()
  if (record.tenant.status !== 'active') throw tenantSuspended()
  if (rule.section !== undefined && !hasSection(record, rule.section, rule.level))
    throw sectionRequired(rule.section, rule.level)
}

function requireUnknownAllowed({ issuer }: VerifiedToken, { section, level }: Rule): void {
  if (issuer.unknown_people !== 'allow') throw unknownPerson()
  if (section !== undefined) throw sectionRequired(section, level)
}

function hasSection({ superuser, sections }: AccessRecord, id: string, level: SectionLevel): boolean {
  if (superuser) return true
  for (const grant of sections) if (grant.id === id && (level === 'user' || grant.level === 'admin')) return true
  return false
}

const tenantOf = (token: VerifiedToken, record: AccessRecord | undefined): unknown =>
  record?.tenant.id ?? (token.issuer.isPlatform ? token.claims.tenant_id : undefined)

function requireScope({ scope }: VerifiedToken, { module, insidePath }: Route): void {
  if (!isInScope(scope, module, insidePath)) throw scopeRequired(module)
}
