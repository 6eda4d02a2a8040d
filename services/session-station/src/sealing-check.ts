import { assertServingRole } from '@munjigi/db/serving-role'
import { EnvError } from '@munjigi/env'
import type { SealedText } from '@munjigi/sealing/sealed-text'
import type { Kysely } from 'kysely'
import { sealingUnknown } from './problems.ts'
import type { Tables } from './tables.ts'

const BIND = 'sealing_check'
const TEXT = 'written under this key ring'

/** What only the database knows of the environment. */
export class WrongKeyError extends EnvError {
  constructor() {
    super([
      'SESSION_STATION_ENCRYPTION_KEY holds none of the keys that this database was written under: ' +
        'start with the ring that was used before (rotate-keys comes before a key is removed)',
    ])
    this.name = 'WrongKeyError'
  }
}

/** @throws WrongKeyError where the ring is not that of the database; a new database takes the ring's first key. */
export async function checkSealing(db: Kysely<Tables>, sealing: SealedText): Promise<void> {
  const sealed = (await findSealed(db)) ?? (await insertSealed(db, sealing.seal(TEXT, BIND)))
  try {
    sealing.open(sealed, BIND)
  } catch {
    throw new WrongKeyError()
  }
}

/** Seals the check anew under the ring's first key, where it is not yet. */
export async function resealCheck(db: Kysely<Tables>, sealing: SealedText): Promise<number> {
  const sealed = await findSealed(db)
  if (sealed === undefined || !sealing.needsReseal(sealed)) return 0
  await db
    .updateTable('sealing_check')
    .set({ sealed: sealing.seal(sealing.open(sealed, BIND), BIND) })
    .where('sealed', '=', sealed)
    .execute()
  return 1
}

export interface GuardedSealing {
  /** Refuses to seal until `verify` has passed once. */
  sealing: SealedText
  /** Passes at once after it has passed. @throws WrongKeyError, or what the database throws. */
  verify(): Promise<void>
  /** Whether it was looked at and is not the database's. */
  isWrong(): boolean
}

/** The ring, and whether this database is its. Nothing is sealed under a ring that was not seen to be the right one. */
export function guardedSealing(db: Kysely<Tables>, sealing: SealedText): GuardedSealing {
  let isVerified = false
  let isWrong = false
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    await checkSealing(db, sealing)
    await assertServingRole(db)
    isVerified = true
  }

  return {
    sealing: {
      ...sealing,
      seal: (text, bind) => {
        if (!isVerified) throw sealingUnknown()
        return sealing.seal(text, bind)
      },
    },
    async verify() {
      if (isVerified) return
      looking ??= look()
        .catch((error) => {
          isWrong = error instanceof WrongKeyError
          throw error
        })
        .finally(() => {
          looking = undefined
        })
      await looking
    },
    isWrong: () => isWrong,
  }
}

async function findSealed(db: Kysely<Tables>): Promise<string | undefined> {
  return (await db.selectFrom('sealing_check').select('sealed').executeTakeFirst())?.sealed
}

/** Of several first starts one decides, and all are held to it. */
async function insertSealed(db: Kysely<Tables>, sealed: string): Promise<string> {
  await db
    .insertInto('sealing_check')
    .values({ sealed })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return (await findSealed(db)) ?? sealed
}
