import { hash, timingSafeEqual } from 'node:crypto'

const hashOf = (text: string): Buffer => hash('sha256', text, 'buffer')

/** Whether somebody gave the secret that is expected, in a time that tells neither what it holds nor how long it is. */
export const isSameText = (given: string, expected: string): boolean => timingSafeEqual(hashOf(given), hashOf(expected))

/** The same for secrets that are asked for all day; which of them was given is not told either. */
export function isOneOf(secrets: readonly string[]): (given: string) => boolean {
  const expected = secrets.map(hashOf)
  return (given) => {
    const hashed = hashOf(given)
    return expected.filter((each) => timingSafeEqual(each, hashed)).length > 0
  }
}
