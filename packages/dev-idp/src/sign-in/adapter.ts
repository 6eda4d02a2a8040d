import type { Adapter } from 'oidc-provider'
import type { Idp } from '../idp.ts'

/** oidc-provider's storage on our records. */
export const adapterOn =
  ({ records, people }: Idp) =>
  (model: string): Adapter => {
    // A browser session of somebody disabled or gone is none: the person has to sign in again, and cannot.
    const living = <T extends { accountId?: string }>(record: T | undefined) => {
      const ended =
        model === 'Session' && record?.accountId !== undefined && !people.findById(record.accountId)?.enabled
      return ended ? undefined : record
    }
    return {
      upsert: async (id, payload, expiresIn) => records.put(model, id, payload, expiresIn),
      find: async (id) => living(records.find(model, id)),
      findByUid: async (uid) =>
        living(records.list<{ uid: string; accountId?: string }>(model).find((record) => record.uid === uid)),
      findByUserCode: async () => undefined,
      consume: async (id) => records.remove(model, id),
      destroy: async (id) => records.remove(model, id),
      revokeByGrantId: async () => undefined,
    }
  }
