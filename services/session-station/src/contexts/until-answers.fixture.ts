import { setTimeout as pause } from 'node:timers/promises'

/** Nobody tells that a connection is there, or back, so it is asked for. */
export async function untilAnswers(ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const isThere = await ask().then(
      () => true,
      () => false,
    )
    if (isThere) return
    await pause(20)
  }
}
