import { hash, timingSafeEqual } from 'node:crypto'

const hashOf = (text: string): Buffer => hash('sha256', text, 'buffer')

/** Whether `given` is the expected secret, in a time that reveals neither its text nor its length. */
export const isSameText = (given: string, expected: string): boolean => timingSafeEqual(hashOf(given), hashOf(expected))

/** The same for one of several secrets, hashed beforehand; the time does not reveal which of them was given either. */
export function isOneOf(secrets: readonly string[]): (given: string) => boolean {
  const expected = secrets.map(hashOf)
  return (given) => {
    const hashed = hashOf(given)
    return expected.filter((each) => timingSafeEqual(each, hashed)).length > 0
  }
}
