import type { FastifyRequest } from 'fastify'

/** The members of a JSON object. @throws Refused */
export function jsonOf(request: FastifyRequest): Record<string, unknown> {
  requireType(request, 'application/json')
  try {
    const body: unknown = JSON.parse(String(request.body))
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>
  } catch {
    // Answered below.
  }
  throw new Refused(400, 'invalid_json')
}

/** The fields of a form. @throws Refused */
export function formOf(request: FastifyRequest): URLSearchParams {
  requireType(request, 'application/x-www-form-urlencoded')
  return new URLSearchParams(String(request.body ?? ''))
}

export function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** RFC 7617: UTF-8, and the first colon ends the name. */
export function basicOf({ headers }: FastifyRequest): [name: string, password: string] | undefined {
  const given = /^Basic +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (given === undefined) return undefined
  const [, name = '', password = ''] = /^([^:]*):?([\s\S]*)$/.exec(Buffer.from(given, 'base64').toString()) ?? []
  return [name, password]
}

function requireType({ headers }: FastifyRequest, type: string): void {
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== type)
    throw new Refused(415, 'unsupported_media_type')
}

/** Fastify answers it with its status. */
class Refused extends Error {
  readonly statusCode: number
  constructor(statusCode: number, error: string) {
    super(error)
    this.statusCode = statusCode
  }
}
