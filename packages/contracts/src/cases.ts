import { type Static, Type } from 'typebox'
import { CaseRole, CaseRoleGrant } from './case-roles.ts'

const strict = { additionalProperties: false }
const Id = Type.String({ format: 'uuid' })
const Sub = CaseRoleGrant.properties.sub
const Time = Type.String({ format: 'date-time' })
const Title = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })
const Nullable = <T extends typeof Time | typeof Sub | typeof CaseRole | typeof Id>(schema: T) =>
  Type.Union([schema, Type.Null()])

const pageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 500, description: 'next_cursor of the page before' })),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
}
const nextCursor = { next_cursor: Type.Optional(Type.String({ description: 'absent on the last page' })) }

/** The query of a list that is only paged. */
export const PageQuery = Type.Object(pageQuery, strict)
export type PageQuery = Static<typeof PageQuery>

const CaseStatus = Type.Enum(['open', 'closed'])

/** A case; times are ISO 8601 in UTC. A closed one is read-only until it is opened again. */
export const Case = Type.Object({
  case_id: Id,
  title: Title,
  description: Type.String({ maxLength: 10_000 }),
  status: CaseStatus,
  created_by: Sub,
  created_at: Time,
  updated_at: Time,
  closed_at: Nullable(Time),
  own_role: Type.Union([CaseRole, Type.Null()], { description: "the caller's case role; null for an administrator" }),
})
export type Case = Static<typeof Case>

/** `POST cases`: whoever sends it becomes trustee. */
export const NewCase = Type.Object(
  { title: Case.properties.title, description: Type.Optional(Case.properties.description) },
  strict,
)
export type NewCase = Static<typeof NewCase>

/** `PATCH cases/{case_id}`: what is left out stays. */
export const CaseChange = Type.Partial(Type.Pick(Case, ['title', 'description']), { ...strict, minProperties: 1 })
export type CaseChange = Static<typeof CaseChange>

/** The query of `GET cases`. */
export const CaseQuery = Type.Object(
  {
    search: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'part of a title' })),
    status: Type.Optional(CaseStatus),
    ...pageQuery,
  },
  strict,
)
export type CaseQuery = Static<typeof CaseQuery>

/** Cases that the caller may read, newest first. */
export const CasePage = Type.Object({ cases: Type.Array(Case), ...nextCursor })
export type CasePage = Static<typeof CasePage>

/** One version of a document, without its text; `version` counts from 1 without gaps. */
export const DocumentVersion = Type.Object({
  case_id: Id,
  document_id: Id,
  version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
  title: Title,
  media_type: Type.Enum(['text/plain', 'text/markdown']),
  written_by: Sub,
  written_at: Time,
})
export type DocumentVersion = Static<typeof DocumentVersion>

/** The longest text of a document. */
export const MAX_BODY_CHARACTERS = 300_000
const Body = Type.String({ maxLength: MAX_BODY_CHARACTERS })

/** One version of a document with its text. */
export const CaseDocument = Type.Interface([DocumentVersion], { body: Body })
export type CaseDocument = Static<typeof CaseDocument>

/** `POST …/documents`: it begins at version 1. */
export const NewDocument = Type.Object(
  {
    title: Title,
    media_type: Type.Optional(DocumentVersion.properties.media_type),
    body: Body,
  },
  strict,
)
export type NewDocument = Static<typeof NewDocument>

/** `PATCH …/documents/{document_id}`: a new version; what is left out is as in the one before. `version` is the one expected. */
export const DocumentChange = Type.Object(
  {
    version: Type.Optional(DocumentVersion.properties.version),
    title: Type.Optional(Title),
    media_type: NewDocument.properties.media_type,
    body: Type.Optional(Body),
  },
  strict,
)
export type DocumentChange = Static<typeof DocumentChange>

/** Documents at their newest version, the oldest document first. */
export const DocumentPage = Type.Object({ documents: Type.Array(DocumentVersion), ...nextCursor })
export type DocumentPage = Static<typeof DocumentPage>

/** Versions of one document, newest first. */
export const VersionPage = Type.Object({ versions: Type.Array(DocumentVersion), ...nextCursor })
export type VersionPage = Static<typeof VersionPage>

const Comment = Type.String({ maxLength: 2_000 })
const Decision = Type.Enum(['approved', 'rejected'])

/** A request for approval of a whole case, or of one version of a document, and what was decided. */
export const Approval = Type.Object({
  approval_id: Id,
  case_id: Id,
  document_id: Nullable(Id),
  version: Type.Union([DocumentVersion.properties.version, Type.Null()]),
  comment: Comment,
  requested_by: Sub,
  requested_at: Time,
  decision: Type.Union([Decision, Type.Null()]),
  decision_comment: Type.Union([Comment, Type.Null()]),
  decided_by: Nullable(Sub),
  decided_at: Nullable(Time),
})
export type Approval = Static<typeof Approval>

/** `POST …/approvals`: of the case, or, with both, of that version of that document. */
export const NewApproval = Type.Object(
  {
    document_id: Type.Optional(Id),
    version: Type.Optional(DocumentVersion.properties.version),
    comment: Type.Optional(Comment),
  },
  strict,
)
export type NewApproval = Static<typeof NewApproval>

/** `POST …/approvals/{approval_id}/decision`: made once. */
export const ApprovalDecision = Type.Object({ decision: Decision, comment: Type.Optional(Comment) }, strict)
export type ApprovalDecision = Static<typeof ApprovalDecision>

/** Requests for approval, newest first. */
export const ApprovalPage = Type.Object({ approvals: Type.Array(Approval), ...nextCursor })
export type ApprovalPage = Static<typeof ApprovalPage>

/** Who has which role in a case, by subject. */
export const CaseMember = Type.Pick(CaseRoleGrant, ['sub', 'role'])
export type CaseMember = Static<typeof CaseMember>

/** `PUT …/members/{sub}`. */
export const GivenCaseRole = Type.Object({ role: CaseRole }, strict)
