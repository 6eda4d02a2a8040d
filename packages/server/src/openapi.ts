import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const

const problemResponse = {
  description: 'A refusal: `type` says which (RFC 9457)',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        properties: {
          type: { type: 'string', description: 'for example /problems/not-found' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          request_id: { type: 'string' },
        },
      },
    },
  },
} as const

/**
 * Serves under `path`, to anybody, what the schemas of this scope's routes say, of those declared from now on: OpenAPI 3.1
 * with bearer tokens and problem answers.
 */
export async function openApi(
  app: FastifyInstance,
  path: string,
  info: { title: string; description: string },
): Promise<void> {
  const transformObject: FastifyDynamicSwaggerOptions['transformObject'] = (document) => {
    if (!('openapiObject' in document)) return document.swaggerObject
    for (const path of Object.values(document.openapiObject.paths ?? {}))
      for (const method of METHODS) {
        const operation = path?.[method]
        if (operation) operation.responses = { ...operation.responses, default: problemResponse }
      }
    return document.openapiObject
  }
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...info, version: '1' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ bearer: [] }],
    },
    transformObject,
  })
  app.get(path, { config: { access: 'open' }, schema: { hide: true } }, async () => app.swagger())
}
