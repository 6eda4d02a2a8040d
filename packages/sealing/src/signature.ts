import { createHmac } from 'node:crypto'
import { CanonicalJsonError, canonicalJson } from './canonical-json.ts'
import { isSameText } from './same-text.ts'

/** HMAC-SHA256 of `text` in UTF-8, as base64url without padding (RFC 2104, RFC 4648 §5). @throws Error for an empty secret */
export function signatureOf(secret: string, text: string): string {
  if (secret === '') throw new Error('an empty secret signs nothing')
  return createHmac('sha256', secret).update(text).digest('base64url')
}

/**
 * Whether `signature` is that of the canonical form of `payload` (what `JSON.parse` gave), with non-ASCII characters raw or escaped.
 * A payload without canonical form is signed by nobody.
 */
export function isSignedPayload(secret: string, payload: unknown, signature: string | undefined): boolean {
  const forms = canonicalForms(payload)
  // Both are always computed: how long it takes does not tell which form was nearer.
  const matches = forms.map((form) => isSameText(signature ?? '', signatureOf(secret, form)))
  return matches.includes(true)
}

function canonicalForms(payload: unknown): string[] {
  try {
    return [canonicalJson(payload), canonicalJson(payload, { ascii: true })]
  } catch (error) {
    if (error instanceof CanonicalJsonError) return []
    throw error
  }
}
