import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type OwnProcess, startProcess } from '@munjigi/testing/own-process'

const READY_WITHIN_MS = 120_000
const LOOK_MS = 50

/** One main.ts of the repository as production starts it. */
export const startProgram = (main: string, env?: Record<string, string>, words?: string[]): OwnProcess =>
  startProcess(fileURLToPath(new URL(`../../${main}`, import.meta.url)), env, words)

/** Resolves once `isReady` says so. @throws Error with what it wrote where it ends or never is */
export async function untilReady({ exited, written }: OwnProcess, isReady: () => Promise<boolean>): Promise<void> {
  let ended: number | null | undefined
  void exited.then((code) => {
    ended = code
  })
  const limit = Date.now() + READY_WITHIN_MS
  while (ended === undefined && Date.now() < limit) {
    if (await isReady().catch(() => false)) return
    await pause(LOOK_MS)
  }
  throw new Error(`not ready, exit code ${ended}: ${written()}`)
}
