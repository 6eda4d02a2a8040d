import { EnvError } from '@munjigi/env'
import { keyRing, keyRingFaults } from '@munjigi/sealing/fernet'
import { type SealedText, sealedText } from '@munjigi/sealing/sealed-text'
import type { SettingsEnv } from './env.ts'

export interface StationSettings {
  sealing: SealedText
}

/**
 * What the service is built from.
 * @throws EnvError listing what each variable by itself cannot show.
 */
export function settingsOf(env: SettingsEnv): StationSettings {
  const faults = keyRingFaults('SESSION_STATION_ENCRYPTION_KEY', env.SESSION_STATION_ENCRYPTION_KEY)
  if (faults.length > 0) throw new EnvError(faults)
  return { sealing: sealedText(keyRing(env.SESSION_STATION_ENCRYPTION_KEY)) }
}
