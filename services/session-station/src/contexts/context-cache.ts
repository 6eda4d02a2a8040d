import type { SealedText } from '@munjigi/sealing/sealed-text'
import type { Store } from '@munjigi/store/store'
import { type Context, contextKey, isNewer, isSame, type Mark, type Target } from './context.ts'
import { recentlyUsed } from './recently-used.ts'
import { openContext, sealContext } from './sealed-context.ts'
import { sharedReads } from './shared-reads.ts'
import { AWAY, type StoreOutage } from './store-outage.ts'

const REMEMBERED = 2_000
/** Of sealed texts; what is opened of them takes about as much again. */
const REMEMBERED_CHARACTERS = 64 * 1024 * 1024
/** Longer than a process that stood still could take to write what it made before. */
const DROPPED_MS = 60 * 60_000
const TRIES = 5

/** What lies under a key: a context, or the mark below which none is taken. */
type Kept = Context | (Mark & { is_dropped: true })

export interface Cached {
  readonly text: string
  readonly kept: Kept
  /** When the database last said that it is of the present profile, epoch in ms; undefined where it was not asked yet. */
  readonly confirmedAt: number | undefined
  /** How often the store had been away by then. */
  readonly outages: number
}

export interface ContextCacheDeps {
  store: Store
  outage: StoreOutage
  sealing: SealedText
  now: () => number
}

export type ContextCache = ReturnType<typeof contextCache>

export const contextOf = (cached: Cached | undefined): Context | undefined =>
  cached && !('is_dropped' in cached.kept) ? cached.kept : undefined

/** Contexts in the store, sealed, and those lately read or written opened in memory. */
export function contextCache({ store, outage, sealing, now }: ContextCacheDeps) {
  const memory = recentlyUsed<Cached>(REMEMBERED, { weigh: ({ text }) => text.length, most: REMEMBERED_CHARACTERS })
  const read = sharedReads<string | undefined | typeof AWAY>()
  const owed = new Map<string, [Target, Mark]>()
  let outages = 0

  function open(target: Target, text: string): Kept | undefined {
    try {
      return openContext<Kept>(sealing, target, text)
    } catch {
      // Of a key that is gone, or not ours: as good as nothing, and written over.
      return undefined
    }
  }

  function remember(target: Target, text: string, kept: Kept, confirmedAt?: number): Cached {
    if ('headers' in kept) Object.freeze(kept.headers)
    const cached: Cached = { text, kept, confirmedAt, outages }
    memory.set(contextKey(target), cached)
    return cached
  }

  async function find(target: Target): Promise<Cached | undefined> {
    const key = contextKey(target)
    const text = await read(key, () => outage.attempt(() => store.get(key)))
    if (text === AWAY || text === undefined) return undefined
    const remembered = memory.get(key)
    if (remembered?.text === text) return remembered
    const kept = open(target, text)
    // The store has been away, and is behind what this process knows.
    const isBehind = kept && remembered && isNewer(remembered.kept, kept)
    return kept && !isBehind ? remember(target, text, kept) : undefined
  }

  /** Never an older one over a newer. */
  async function put(target: Target, kept: Kept, lifeMs: number, tries = TRIES): Promise<void> {
    const key = contextKey(target)
    const before = await outage.attempt(() => store.get(key))
    const other = before === AWAY ? memory.get(key)?.kept : before && open(target, before)
    if (other && !isNewer(kept, other)) return
    const text = sealContext(sealing, target, kept)
    const isPut = before === AWAY || (await outage.attempt(() => store.replace(key, before, text, lifeMs)))
    if (isPut) remember(target, text, kept, now())
    else if (tries > 1) await put(target, kept, lifeMs, tries - 1)
  }

  async function drop(target: Target, below: Mark): Promise<void> {
    await put(target, { ...below, is_dropped: true }, DROPPED_MS)
    if (outage.isAway()) owed.set(contextKey(target), [target, below])
  }

  async function update(
    target: Target,
    mark: Mark,
    change: (context: Context) => Context | undefined,
    tries = TRIES,
  ): Promise<void> {
    const key = contextKey(target)
    const cached = outage.isAway() ? memory.get(key) : await find(target)
    const context = contextOf(cached)
    const changed = context && isSame(context, mark) ? change(context) : undefined
    if (!cached || !changed) return
    const text = sealContext(sealing, target, changed)
    const isChanged = await outage.attempt(() => store.replace(key, cached.text, text, lifeOf(changed)))
    if (isChanged) remember(target, text, changed, cached.confirmedAt)
    else if (tries > 1) await update(target, mark, change, tries - 1)
  }

  const lifeOf = ({ expires_at }: Context): number => Math.max(1, expires_at - now())

  return {
    find,
    /** In this process's memory, whatever the store holds. */
    remembered: (target: Target): Cached | undefined => memory.get(contextKey(target)),
    /** When it was last confirmed; undefined where it was not, or the store has been away since: a change may have passed it by. */
    confirmedAt: (cached: Cached): number | undefined => (cached.outages === outages ? cached.confirmedAt : undefined),
    confirm: (target: Target, { text, kept }: Cached): Cached => remember(target, text, kept, now()),
    put: (target: Target, context: Context): Promise<void> => put(target, context, lifeOf(context)),
    /** Nothing older than `below` is taken from now on. */
    drop,
    /** What is read next is the database's. */
    async remove(target: Target): Promise<void> {
      memory.delete(contextKey(target))
      await outage.attempt(() => store.remove(contextKey(target)))
    },
    /** Changes the present context if it is still the one of `mark`; `change` gives undefined to leave it. */
    update,
    /** After the store was away. */
    async settle(): Promise<void> {
      outages += 1
      const drops = [...owed.values()]
      owed.clear()
      for (const [target, below] of drops) await drop(target, below)
    },
  }
}
