// How many there are of what, and what it is called: for those who fill the database and those who ask it.

export interface Size {
  people: number
  events: number
}

/** PGlite lies in the memory of one process. */
export const sizeOn = (databaseUrl: string | undefined): Size =>
  databaseUrl === undefined ? { people: 10_000, events: 100_000 } : { people: 100_000, events: 1_000_000 }

/** Nine people in ten are of the large one. */
export const LARGE = '00000000-0000-4000-8000-000000000001'
export const SMALL = '00000000-0000-4000-8000-000000000002'

export const subOf = (number: number): string => `p${number}`
export const emailOf = (number: number): string => `login${number}@munjigi.test`

export const PASSWORD = 'munjigi-dev'
/** Of the first people: whoever else is asked for has none. */
export const WITH_PASSWORD = 2_000
/** Of these again the first: whoever has a session to refresh signs in no further. */
export const SESSIONS = 64
/** Somebody with as many API keys as one may have. */
export const KEY_OWNER = 7
export const KEYS = 50
