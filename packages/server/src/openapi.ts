import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance, RouteOptions } from 'fastify'

/** OpenAPI 3.1 has no others. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

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
 * Serves an OpenAPI 3.1 document under `path`, to anybody, about the routes that are declared in this scope from now on. What a
 * preHandler demands stands in its property `openapi`, under `x-` keys.
 */
export async function openApi(
  app: FastifyInstance,
  path: string,
  info: { title: string; description: string },
): Promise<void> {
  const transformObject: FastifyDynamicSwaggerOptions['transformObject'] = (document) => {
    if (!('openapiObject' in document)) return document.swaggerObject
    const paths = Object.entries(document.openapiObject.paths ?? {})
    document.openapiObject.paths = Object.fromEntries(
      paths.map(([path, item = {}]) => [path.replace('{*}', '{path}'), describedPath(item)]),
    )
    return document.openapiObject
  }
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...info, version: '1' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ bearer: [] }],
    },
    transform: ({ schema, url, route }) => ({ url, schema: { ...schema, ...demandsOf(route) } }),
    transformObject,
  })
  app.get(path, { config: { access: 'open' }, schema: { hide: true } }, async () => app.swagger())
}

type Document = Extract<
  Parameters<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>[0],
  { openapiObject: object }
>
type PathItem = NonNullable<NonNullable<Document['openapiObject']['paths']>[string]>
type Operation = NonNullable<PathItem['get']>
type Schema = Record<string, unknown>

/** Whether a token is needed, and what the preHandlers of the route say of themselves. */
function demandsOf({ config, preHandler }: RouteOptions): Schema {
  const security = { open: [], public: [{}, { bearer: [] }], authenticated: undefined }[
    config?.access ?? 'authenticated'
  ]
  const demands = [preHandler ?? []].flat().map((handler) => ('openapi' in handler ? handler.openapi : {}))
  return Object.assign({}, security && { security }, ...demands)
}

function describedPath(item: PathItem): PathItem {
  const operations = METHODS.flatMap((method) => {
    const operation = item[method]
    return operation ? [[method, describedOperation(operation)] as const] : []
  })
  return Object.fromEntries(operations)
}

function describedOperation(operation: Operation): Operation {
  const { parameters, requestBody, responses } = operation
  return {
    ...operation,
    ...(parameters && { parameters: parameters.map(describedParameter) as NonNullable<Operation['parameters']> }),
    ...(requestBody && { requestBody: optionalDefaults(requestBody) as NonNullable<Operation['requestBody']> }),
    responses: { ...responses, default: problemResponse },
  }
}

function describedParameter(parameter: object): object {
  const { name, required, schema } = parameter as { name?: string; required?: boolean; schema?: Schema }
  return {
    ...parameter,
    name: name === '*' ? 'path' : name,
    required: required === true && schema?.default === undefined,
  }
}

/** A request may leave out what has a default, although its schema, which is also that of the answer, requires it. */
function optionalDefaults(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(optionalDefaults)
  const copy: Schema = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, optionalDefaults(item)]))
  const { required, properties } = copy as { required?: unknown; properties?: Record<string, Schema> }
  if (!Array.isArray(required) || properties === undefined) return copy
  return { ...copy, required: required.filter((name: string) => properties[name]?.default === undefined) }
}
