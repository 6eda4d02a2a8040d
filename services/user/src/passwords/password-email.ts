// Also refuses letters that PostgreSQL's lower() and JavaScript's could read differently.
const EMAIL = /^[^\p{Changes_When_Lowercased}\s\p{C}@]+@[^\p{Changes_When_Lowercased}\s\p{C}@]+$/u
const LENGTH = { min: 3, max: 254 }

/** The e-mail as it is stored and looked for: NFC, lower case, nothing around it; undefined where it is none. */
export function passwordEmail(text: string): string | undefined {
  const email = text.trim().normalize('NFC').toLowerCase()
  return EMAIL.test(email) && email.length >= LENGTH.min && email.length <= LENGTH.max ? email : undefined
}
