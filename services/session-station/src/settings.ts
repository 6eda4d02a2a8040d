import { EnvError, listOf } from '@munjigi/env'
import { keyRing, keyRingFaults } from '@munjigi/sealing/fernet'
import { type SealedText, sealedText } from '@munjigi/sealing/sealed-text'
import { type AllowedRange, parseAllowed } from './egress/allowed-ranges.ts'
import { type Resolve, resolverOf } from './egress/resolvers.ts'
import type { SettingsEnv } from './env.ts'

export interface StationSettings {
  sealing: SealedText
  egress: { allow: AllowedRange[]; resolve?: Resolve }
}

/**
 * What the service is built from.
 * @throws EnvError listing what each variable by itself cannot show.
 */
export function settingsOf(env: SettingsEnv): StationSettings {
  const faults = keyRingFaults('SESSION_STATION_ENCRYPTION_KEY', env.SESSION_STATION_ENCRYPTION_KEY)
  const allow = readOr(faults, () => parseAllowed(env.EGRESS_ALLOW))
  const resolve = readOr(faults, () => resolverFor(listOf(env.EGRESS_NAME_SERVERS)))
  if (faults.length > 0) throw new EnvError(faults)
  const sealing = sealedText(keyRing(env.SESSION_STATION_ENCRYPTION_KEY))
  return { sealing, egress: { allow: allow ?? [], ...(resolve && { resolve }) } }
}

function readOr<Value>(faults: string[], read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof EnvError)) throw error
    faults.push(...error.faults)
    return undefined
  }
}

function resolverFor(servers: string[]): Resolve | undefined {
  try {
    return servers.length > 0 ? resolverOf(servers) : undefined
  } catch {
    throw new EnvError([
      'EGRESS_NAME_SERVERS is not usable: address or address:port, comma-separated, IPv6 in brackets',
    ])
  }
}
