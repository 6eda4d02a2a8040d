import { invalidField } from '@munjigi/server/invalid-field'
import type { Settings } from '../settings.ts'

const MAX_CHARACTERS = 1024

/**
 * A password in the form that is hashed: NFC, so that it is the same from every keyboard. Characters are code points.
 * @throws Problem 400 naming `field`
 */
export function passwordText(typed: string, field: string): string {
  const text = typed.normalize('NFC')
  if (lengthOf(text) > MAX_CHARACTERS) throw invalidField(field, `must have at most ${MAX_CHARACTERS} characters`)
  return text
}

/** @throws Problem 400 naming `new_password`, also where it is too short or the e-mail itself. */
export function newPasswordText({ passwordMinCharacters }: Settings, typed: string, email: string): string {
  const field = 'new_password'
  const text = passwordText(typed, field)
  if (lengthOf(text) < passwordMinCharacters)
    throw invalidField(field, `must have at least ${passwordMinCharacters} characters`)
  if (text.toLowerCase() === email) throw invalidField(field, 'must not be the e-mail')
  return text
}

const lengthOf = (text: string): number => [...text].length
