import { invalidField } from '@munjigi/server/invalid-field'

const MAX_CHARACTERS = 1024
const MIN_NEW_CHARACTERS = 8

/**
 * A password as it is hashed, so that every keyboard's spelling of it is the same one. Characters are code points.
 * @throws Problem 400 naming `field`
 */
export function passwordText(typed: string, field: string): string {
  const text = typed.normalize('NFC')
  if (lengthOf(text) > MAX_CHARACTERS) throw invalidField(field, `must have at most ${MAX_CHARACTERS} characters`)
  return text
}

/** @throws Problem 400 also where it is too short for a new one, or the e-mail itself. */
export function newPasswordText(typed: string, field: string, email: string): string {
  const text = passwordText(typed, field)
  if (lengthOf(text) < MIN_NEW_CHARACTERS)
    throw invalidField(field, `must have at least ${MIN_NEW_CHARACTERS} characters`)
  if (text.toLowerCase() === email) throw invalidField(field, 'must not be the e-mail')
  return text
}

const lengthOf = (text: string): number => [...text].length
