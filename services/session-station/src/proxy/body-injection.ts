import { readJson } from '../extraction/json.ts'
import { bodyTooLargeToInject, jsonBodyNeeded, jsonObjectNeeded } from '../problems.ts'
import type { CallerBody } from './caller-body.ts'
import type { Credentials } from './credentials.ts'
import { isJsonType } from './json-type.ts'

interface Headers {
  'content-type'?: string | undefined
  'content-encoding'?: string | undefined
}

/**
 * The body with the context's values in it; undefined where it goes on as it is: nothing is injected into it, or it is
 * not JSON and nothing that is injected is required. @throws Problem 400, 413 or 415
 */
export async function injectedBody(
  { body: pairs, isBodyRequired }: Credentials,
  body: CallerBody | undefined,
  headers: Headers,
): Promise<Buffer | undefined> {
  if (pairs.length === 0) return undefined
  if (body === undefined || !isPlainJson(headers)) {
    if (isBodyRequired) throw jsonBodyNeeded()
    return undefined
  }
  const whole = await body.whole()
  if (whole === undefined) throw bodyTooLargeToInject()
  const members = membersOf(whole)
  for (const [key, value] of pairs) members.set(key, value)
  return Buffer.from(
    `{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
  )
}

const isPlainJson = ({ 'content-type': type, 'content-encoding': coding = 'identity' }: Headers): boolean =>
  isJsonType(type) && coding.trim().toLowerCase() === 'identity'

/** A Map: no name of a member, `__proto__` neither, does more than name it. */
function membersOf(body: Buffer): Map<string, unknown> {
  const value = parsed(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !body.includes('{'))
    throw jsonObjectNeeded()
  return new Map(Object.entries(value))
}

function parsed(body: Buffer): unknown {
  try {
    return readJson(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw jsonObjectNeeded()
  }
}
