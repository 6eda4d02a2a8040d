import {
  Case,
  CaseDocument,
  DocumentChange,
  DocumentPage,
  DocumentVersion,
  MAX_BODY_CHARACTERS,
  NewDocument,
  PageQuery,
} from '@munjigi/contracts/cases'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { CaseParams } from '../cases/case-routes.ts'
import { inCase } from '../cases/in-case.ts'
import type { CaseDeps } from '../deps.ts'
import { documentInApproval, documentNotFound } from '../problems.ts'
import { documentStore } from './document-store.ts'
import { assertExpected, etagOf } from './expected-version.ts'

export const DocumentParams = Type.Object({
  case_id: Case.properties.case_id,
  document_id: DocumentVersion.properties.document_id,
})
const ChangeHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({ description: 'the ETag of the version to change; else say version in the body' }),
  ),
})

/** The longest text, even where every character is written as a pair of \uXXXX, and what stands around it. */
const BODY_LIMIT_BYTES = 12 * MAX_BODY_CHARACTERS + 16_384

/** The foreign key that keeps a version for which approval was asked. */
const ASKED_OF = 'approvals__document_version'

/** A document with the tag that If-Match takes. */
export const tagged = (reply: FastifyReply, document: CaseDocument) =>
  reply.header('etag', etagOf(document.version)).send(document)

/** Every write of a document is a version of its own, and old ones stay readable. */
export function documentRoutes(scope: FastifyInstance, { db, guards }: CaseDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const tags = ['documents']

  app.route({
    method: 'GET',
    url: '/cases/:case_id/documents',
    preHandler: guards['read-documents'],
    schema: {
      summary: 'Documents at their newest version, without their texts, the oldest document first',
      tags,
      params: CaseParams,
      querystring: PageQuery,
      response: { 200: DocumentPage },
    },
    handler: (request) => inCase(db, request, 'readable', (...of) => documentStore(...of).list(request.query)),
  })

  app.route({
    method: 'POST',
    url: '/cases/:case_id/documents',
    preHandler: guards['add-document'],
    bodyLimit: BODY_LIMIT_BYTES,
    schema: {
      summary: 'Add a document, at version 1',
      tags,
      params: CaseParams,
      body: NewDocument,
      response: { 201: CaseDocument },
    },
    handler: async (request, reply) => {
      const content = { media_type: 'text/plain', ...request.body } as const
      const written_by = request.subject as string
      const added = await inCase(db, request, 'open', (...of) =>
        documentStore(...of).insert({ ...content, written_by }),
      )
      return tagged(reply.code(201), added)
    },
  })

  app.route({
    method: 'GET',
    url: '/cases/:case_id/documents/:document_id',
    preHandler: guards['read-documents'],
    schema: {
      summary: 'A document at its newest version; its ETag is for If-Match',
      tags,
      params: DocumentParams,
      response: { 200: CaseDocument },
    },
    handler: async (request, reply) => {
      const { document_id } = request.params
      const found = await inCase(db, request, 'readable', (...of) => documentStore(...of).find(document_id))
      if (!found) throw documentNotFound()
      return tagged(reply, found)
    },
  })

  app.route({
    method: 'PATCH',
    url: '/cases/:case_id/documents/:document_id',
    preHandler: guards['write-document'],
    bodyLimit: BODY_LIMIT_BYTES,
    schema: {
      summary: 'Write a new version; what is left out stays as it is. Takes If-Match, or version in the body',
      tags,
      params: DocumentParams,
      headers: ChangeHeaders,
      body: DocumentChange,
      response: { 200: CaseDocument },
    },
    handler: async (request, reply) => {
      const { document_id } = request.params
      const { version, ...change } = request.body
      const written_by = request.subject as string
      const written = await inCase(db, request, 'open', async (...of) => {
        const documents = documentStore(...of)
        const current = await documents.lock(document_id)
        if (!current) throw documentNotFound()
        assertExpected(current.version, { ifMatch: request.headers['if-match'], version })
        const { title, media_type, body } = { ...current, ...change }
        return documents.insertNext(document_id, current.version + 1, { title, media_type, body, written_by })
      })
      return tagged(reply, written)
    },
  })

  app.route({
    method: 'DELETE',
    url: '/cases/:case_id/documents/:document_id',
    preHandler: guards['delete-document'],
    schema: {
      summary: 'Remove a document with its versions, unless approval was asked of one',
      tags,
      params: DocumentParams,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      const { document_id } = request.params
      const removed = await inCase(db, request, 'open', (...of) => documentStore(...of).remove(document_id)).catch(
        (error: { constraint?: string }) => {
          throw error.constraint === ASKED_OF ? documentInApproval() : error
        },
      )
      if (!removed) throw documentNotFound()
      return reply.code(204).send(null)
    },
  })
}
