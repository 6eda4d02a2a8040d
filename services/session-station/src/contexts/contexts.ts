import type { Context } from './context.ts'

/** What a person's agents are let in with; every method throws the Problems of a login that cannot be had. */
export interface Contexts {
  /** Names and values of the headers to send; one read of the store where it is cached. Not to be changed by the caller. */
  headers(sub: string, service_id: string): Promise<Readonly<Record<string, string>>>
  /** `force`: made by a login that began after this call. */
  find(
    sub: string,
    service_id: string,
    options?: { force?: boolean },
  ): Promise<{ context: Context; fromCache: boolean }>
  /** Renews now, by refresh where that can be, else by login; `made_by` says which. */
  renew(sub: string, service_id: string): Promise<Context>
  /**
   * What was used is known to be dead: another one, made anew unless somebody has already. `dead` itself comes back where
   * renewing was in vain several times in a row, so that an address that always answers 401 does not make a login each time.
   */
  renewAfter(sub: string, service_id: string, dead: Context): Promise<Context>
  /** What the target set while `context` was used; nothing where that is no longer the newest. */
  keepCookies(sub: string, service_id: string, context: Context, url: URL, setCookies: string[]): Promise<void>
  /**
   * After a change or deletion is committed: what was made from a lower `generation` of this profile is used by nobody,
   * here or in another process. Of a deleted profile: its generation + 1. Never throws for a store that is away.
   */
  drop(profile: { id: number; user_id: string; service_id: string }, generation: number): Promise<void>
  close(): Promise<void>
}
