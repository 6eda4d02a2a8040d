import type { ChildProcess } from 'node:child_process'

/** A gateway under test that listens on `port`; `path` is what it routes to the upstream. */
export interface Contender {
  name: string
  port: number
  path: string
  process: ChildProcess
}
