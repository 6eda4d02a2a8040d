/** What opens every kind of login of the target; nothing in the repository opens anything else by it. */
export const CREDENTIALS = {
  username: 'agent',
  password: 'munjigi-dev',
  clientId: 'munjigi',
  clientSecret: 'munjigi-dev-secret',
  apiKey: 'munjigi-dev-key',
  /** Base32; SHA1, six digits, 30 s. */
  totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
} as const

export const isPerson = (username: unknown, password: unknown): boolean =>
  username === CREDENTIALS.username && password === CREDENTIALS.password

export const isClient = (id: unknown, secret: unknown): boolean =>
  id === CREDENTIALS.clientId && secret === CREDENTIALS.clientSecret
