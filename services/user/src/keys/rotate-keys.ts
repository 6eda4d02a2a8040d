import type { Database } from '@munjigi/db/connect'
import { createLogger } from '@munjigi/server/logger'
import { servingHandle } from '../serving-handle.ts'
import type { Settings } from '../settings.ts'
import { signingKeys } from './signing-keys.ts'

/** `munjigi-user rotate-keys`: new keys for every process of this service, in use ten minutes from now. */
export async function rotateKeys(database: Database, { sealing }: Pick<Settings, 'sealing'>): Promise<void> {
  const keys = signingKeys({ db: servingHandle(database), sealing, log: createLogger('user', 'warn') })
  await keys.rotate()
  keys.close()
  process.stdout.write(
    'New signing keys are published; they sign in ten minutes, and the old ones verify until then and after.\n',
  )
}
