import type { RelaySettings } from './settings.ts'

/** A relay in production that signs by these secrets, but for `change`. */
export const testSettings = (change: Partial<RelaySettings> = {}): RelaySettings => ({
  baseUrl: 'https://relay.example.com',
  basePath: '',
  jwtSecret: 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6',
  hmacSecret: 'z9Y8x7W6v5U4t3S2r1Q0p9O8n7M6l5K4',
  stateTtlSeconds: 600,
  callbackTimeoutSeconds: 8,
  allowUnsignedIssue: false,
  isDevelopment: false,
  kakaoAdminKey: undefined,
  ...change,
})
