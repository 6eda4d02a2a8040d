import { Refusal } from './front-door.ts'

/** Seeds for somebody or something as it was at first: where a visitor has changed that since, it stays as they left it. */
export async function unlessChanged(seed: () => Promise<void>): Promise<void> {
  try {
    await seed()
  } catch (error) {
    if (!(error instanceof Refusal) || ![401, 403, 404, 409].includes(error.status)) throw error
  }
}
