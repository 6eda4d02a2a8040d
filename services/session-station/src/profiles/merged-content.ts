import type { AuthProfileChange, ProfileContent } from '@munjigi/contracts/auth-profiles'
import { isStandIn } from './marks.ts'
import { splitUrl } from './request-url.ts'

type Members = Record<string, unknown>
type Rules = ProfileContent['extraction_rules']

/**
 * A profile as it is answered, with a change laid over it: what is left out stays. The two configurations are merged by
 * RFC 7396; arrays are replaced, but for the secrets of what is recognised in them.
 */
export function mergedContent(masked: ProfileContent, change: AuthProfileChange): Members {
  const { login_config: login, refresh_config: refresh, extraction_rules: rules, ...others } = change
  return {
    ...masked,
    ...others,
    login_config: login === undefined ? masked.login_config : mergedLogin(masked.login_config, login),
    extraction_rules: rules === undefined ? masked.extraction_rules : withKeptValues(masked.extraction_rules, rules),
    refresh_config: refresh === undefined ? masked.refresh_config : mergedRequest(masked.refresh_config, refresh),
  }
}

function mergedLogin(masked: ProfileContent['login_config'], change: Members): unknown {
  const { steps, ...request } = change
  const merged = mergedRequest(masked, request) as Members
  if (steps === undefined) return merged
  const { steps: _before, ...others } = merged
  if (!Array.isArray(steps)) return others
  return { ...others, steps: steps.map((step, index) => mergedStep(masked.steps?.[index], step)) }
}

/** A step whose URL stays is the same step: what is sent in it and left out is kept. Any other is new. */
function mergedStep(before: Members | undefined, step: Members): Members {
  const parts = splitUrl(String(step.url))
  if (before === undefined || typeof parts === 'string' || parts.url !== before.url) return step
  const { headers, query, userinfo, payload } = before
  const secrets = Object.entries({ headers, query, userinfo, payload }).filter(([, value]) => value !== undefined)
  return mergedRequest(Object.fromEntries(secrets), step) as Members
}

/** A URL that brings a query or userinfo of its own replaces what was there before. */
function mergedRequest(before: Members | null | undefined, change: Members | null): unknown {
  if (change === null || typeof change.url !== 'string' || before == null) return mergePatch(before, change)
  const { query: _query, ...others } = before
  const isReplaced = change.url.includes('?') && change.query === undefined
  return mergePatch(isReplaced ? others : before, change)
}

/** RFC 7396, stand-ins replaced whole, with members that say nothing left out; a null that was read and is sent back stays. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch) || isStandIn(patch)) return patch
  const merged = new Map(Object.entries(isObject(target) && !isStandIn(target) ? target : {}))
  for (const [name, value] of Object.entries(patch))
    if (value !== null) merged.set(name, mergePatch(merged.get(name), value))
    else if (merged.get(name) !== null) merged.delete(name)
  return Object.fromEntries([...merged].filter(([, value]) => value !== undefined))
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A rule of the same name and source keeps its value where it is left out; of several such rules each its own. */
function withKeptValues(before: Rules, rules: Rules): Rules {
  const left = Map.groupBy(before, nameOf)
  return rules.map((rule) => {
    const kept = left.get(nameOf(rule))?.shift()?.value
    const isToldElsewhere = rule.source === 'fixed' && typeof rule.key_path === 'string'
    return rule.value === undefined && kept !== undefined && !isToldElsewhere ? { ...rule, value: kept } : rule
  })
}

const nameOf = ({ source, name }: Rules[number]): string => `${source} ${name}`
