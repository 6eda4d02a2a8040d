/** A refusal in the form of RFC 6749 §5.2: status, `error`, `error_description`. */
export class OAuthError extends Error {
  readonly status: number
  readonly error: string
  constructor(status: number, error: string, description: string) {
    super(description)
    this.name = 'OAuthError'
    this.status = status
    this.error = error
  }
}

export const invalidGrant = (description: string) => new OAuthError(400, 'invalid_grant', description)
export const invalidRequest = (description: string) => new OAuthError(400, 'invalid_request', description)
