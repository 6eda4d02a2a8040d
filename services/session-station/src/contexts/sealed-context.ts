import type { SealedText } from '@munjigi/sealing/sealed-text'
import { type Context, contextBind, type Target } from './context.ts'

/** As it lies in the store and in the database. */
export const sealContext = (sealing: SealedText, target: Target, kept: object): string =>
  sealing.seal(JSON.stringify(kept), contextBind(target))

/** @throws where it was sealed for somebody or something else, or under a key that is gone */
export const openContext = <Kept = Context>(sealing: SealedText, target: Target, sealed: string): Kept =>
  JSON.parse(sealing.open(sealed, contextBind(target)))
