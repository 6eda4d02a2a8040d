import type { KeyRing } from './fernet.ts'

const SEALED = /^ENC\(([\w-]+=*)\)$/

export interface SealedText {
  /** `ENC(<Fernet token>)` of `text`, readable for the same `bind` alone. */
  seal(text: string, bind: string): string
  /** @throws when `sealed` is not `ENC(…)`, no key of the ring opens it, or it was sealed for another `bind`. */
  open(sealed: string, bind: string): string
  /** Whether `text` has the form of a sealed one; whose it is, only `open` tells. */
  isSealed(text: string): boolean
  /** Whether it was made with another key than the ring's first. @throws when it is not `ENC(…)`. */
  needsReseal(sealed: string): boolean
}

/** Secrets inside stored documents, as `ENC(…)`; `bind` names the document and the field, so a secret copied elsewhere does not open. */
export function sealedText(ring: KeyRing): SealedText {
  return {
    seal: (text, bind) => `ENC(${ring.seal(text, bind)})`,
    open: (sealed, bind) => ring.open(tokenOf(sealed), bind),
    isSealed: (text) => SEALED.test(text),
    needsReseal: (sealed) => !ring.isCurrent(tokenOf(sealed)),
  }
}

function tokenOf(sealed: string): string {
  const token = SEALED.exec(sealed)?.[1]
  if (token === undefined) throw new Error('not a sealed text')
  return token
}
