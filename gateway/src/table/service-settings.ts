import type { PlacedModule } from './placed-modules.ts'

/** One upstream with its limits; the same object as long as the file says the same about it. */
export interface ServiceSettings {
  readonly name: string
  /** Scheme, host and port, without a slash at the end. */
  readonly origin: string
  readonly timeoutMs: number
  readonly maxBodyBytes: number
  readonly maxInFlight: number
  readonly maxMessageBytes: number
  /** How long a WebSocket may say nothing in either direction. */
  readonly idleTimeoutMs: number
  readonly healthPath: string
  readonly hostHeader: 'client' | 'upstream'
  /** Further names, lower case, of headers that carry the verified subject. */
  readonly identityHeaders: readonly string[]
  /** Path of a PEM file that signs the upstream's certificate. */
  readonly caFile: string | undefined
  /** The base path is removed before forwarding. */
  readonly isExternal: boolean
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const UNIT_BYTES = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }

/** `30s` in milliseconds. */
function durationMs(text: string): number {
  const unit = text.replace(/\d+/, '') as keyof typeof UNIT_MS
  return Number.parseInt(text, 10) * UNIT_MS[unit]
}

/** `10MB` in bytes. */
function sizeBytes(text: string): number {
  const unit = text.replace(/\d+/, '') as keyof typeof UNIT_BYTES
  return Number.parseInt(text, 10) * UNIT_BYTES[unit]
}

/** A service's limits with the defaults filled in. */
export function serviceSettings({ service, host, limits, isExternal }: PlacedModule): ServiceSettings {
  return {
    name: service,
    origin: new URL(host).origin,
    timeoutMs: durationMs(limits.timeout ?? '60s'),
    maxBodyBytes: sizeBytes(limits.max_body ?? '100MB'),
    maxInFlight: limits.max_in_flight ?? 1024,
    maxMessageBytes: sizeBytes(limits.max_message ?? '1MB'),
    idleTimeoutMs: durationMs(limits.idle_timeout ?? '24h'),
    healthPath: limits.health_path ?? '/healthz',
    hostHeader: limits.host_header ?? (isExternal ? 'upstream' : 'client'),
    identityHeaders: (limits.identity_headers ?? []).map((header) => header.toLowerCase()),
    caFile: limits.ca_file,
    isExternal,
  }
}
