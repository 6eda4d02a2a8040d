import type { PlacedModule } from './placed-modules.ts'
import type { ServiceSettings } from './route-table.ts'

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const UNIT_BYTES = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }

/** `30s` in milliseconds. */
export function durationMs(text: string): number {
  const unit = text.replace(/\d+/, '') as keyof typeof UNIT_MS
  return Number.parseInt(text, 10) * UNIT_MS[unit]
}

/** `10MB` in bytes. */
export function sizeBytes(text: string): number {
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
    healthPath: limits.health_path ?? '/healthz',
    hostHeader: limits.host_header ?? (isExternal ? 'upstream' : 'client'),
    identityHeaders: (limits.identity_headers ?? []).map((header) => header.toLowerCase()),
    caFile: limits.ca_file,
    isExternal,
  }
}
