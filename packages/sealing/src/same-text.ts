import { createHash, timingSafeEqual } from 'node:crypto'

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Whether somebody gave the secret that is expected, in a time that tells neither what it holds nor how long it is. */
export const isSameText = (given: string, expected: string): boolean => timingSafeEqual(hashOf(given), hashOf(expected))
