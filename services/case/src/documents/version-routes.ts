import { CaseDocument, DocumentVersion, PageQuery, VersionPage } from '@munjigi/contracts/cases'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { inCase } from '../cases/in-case.ts'
import type { CaseDeps } from '../deps.ts'
import { documentNotFound, versionNotFound } from '../problems.ts'
import { DocumentParams, tagged } from './document-routes.ts'
import { documentStore } from './document-store.ts'

const VersionParams = Type.Object({ ...DocumentParams.properties, version: DocumentVersion.properties.version })

/** What a document was, version by version; nobody changes these. */
export function versionRoutes(scope: FastifyInstance, { db, guards }: CaseDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const tags = ['documents']

  app.route({
    method: 'GET',
    url: '/cases/:case_id/documents/:document_id/versions',
    preHandler: guards['read-documents'],
    schema: {
      summary: 'Versions of a document, without their texts, newest first',
      tags,
      params: DocumentParams,
      querystring: PageQuery,
      response: { 200: VersionPage },
    },
    handler: (request) =>
      inCase(db, request, 'readable', async (...of) => {
        const documents = documentStore(...of)
        if (!(await documents.find(request.params.document_id))) throw documentNotFound()
        return documents.listVersions(request.params.document_id, request.query)
      }),
  })

  app.route({
    method: 'GET',
    url: '/cases/:case_id/documents/:document_id/versions/:version',
    preHandler: guards['read-documents'],
    schema: { summary: 'One version', tags, params: VersionParams, response: { 200: CaseDocument } },
    handler: async (request, reply) => {
      const { document_id, version } = request.params
      const found = await inCase(db, request, 'readable', (...of) =>
        documentStore(...of).findVersion(document_id, version),
      )
      if (!found) throw versionNotFound()
      return tagged(reply, found)
    },
  })
}
