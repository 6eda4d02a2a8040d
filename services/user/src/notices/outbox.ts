import type { NoticeKind } from '@munjigi/contracts/notices'
import type { Kysely, Transaction } from 'kysely'
import type { PersonChange } from '../admin/person-change.ts'
import type { Tables } from '../tables.ts'
import { approversOf, type Recipient, recipientOf } from './recipients.ts'
import { noticeContent } from './texts.ts'

interface NewNotice {
  kind: NoticeKind
  /** Whom it is about. */
  sub: string
  /** Tells this event from earlier ones of its kind about the same person. */
  occasion: string
  recipients: Recipient[]
}

/** Writes notices, in the transaction of what they report; without a mail API it writes none. */
export interface Outbox {
  /** To everybody who may approve, when a person begins to wait for approval. */
  askApproval(trx: Transaction<Tables>, sub: string): Promise<void>
  /** To the person, who is locked by now, so that each event has a time of its own. */
  tellPerson(trx: Transaction<Tables>, kind: NoticeKind, sub: string): Promise<void>
  /** The same change, which tells the person too. */
  telling(kind: NoticeKind, change: PersonChange): PersonChange
}

export function outbox(settings: { mail: unknown; frontendUrl: string }): Outbox {
  const isOn = settings.mail !== undefined

  async function addNotice(trx: Transaction<Tables>, { kind, sub, occasion, recipients }: NewNotice) {
    if (!isOn || recipients.length === 0) return
    const person = await describe(trx, sub)
    await trx
      .insertInto('notices')
      .values(
        recipients.map((recipient) => ({
          event_key: [kind, sub, occasion, recipient.sub].join(' '),
          kind,
          recipients: JSON.stringify([recipient.email]),
          content: JSON.stringify(noticeContent(kind, recipient.language, person, settings.frontendUrl)),
        })),
      )
      .onConflict((conflict) => conflict.column('event_key').doNothing())
      .execute()
  }

  async function askApproval(trx: Transaction<Tables>, sub: string) {
    if (!isOn) return
    const { role, status, tenant_id } = await describe(trx, sub)
    if (role !== 'PENDING' || status !== 'active') return
    await addNotice(trx, { kind: 'approval-asked', sub, occasion: '', recipients: await approversOf(trx, tenant_id) })
  }

  async function tellPerson(trx: Transaction<Tables>, kind: NoticeKind, sub: string) {
    if (!isOn) return
    await addNotice(trx, { kind, sub, occasion: String(Date.now()), recipients: await recipientOf(trx, sub) })
  }

  const telling =
    (kind: NoticeKind, change: PersonChange): PersonChange =>
    async (step) => {
      const done = await change(step)
      if (done) await tellPerson(step.trx, kind, step.target.sub)
      return done
    }

  return { askApproval, tellPerson, telling }
}

const describe = (db: Kysely<Tables>, sub: string) =>
  db
    .selectFrom('people')
    .select(['user_id', 'username_kr', 'username_en', 'deptname_kr', 'deptname_en', 'role', 'status', 'tenant_id'])
    .where('sub', '=', sub)
    .executeTakeFirstOrThrow()
