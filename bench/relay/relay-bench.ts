import type { Assignment } from './works.ts'

/** What the lines of the table are measured with. */
export interface RelayBench {
  rounds: number
  ms: number
  port: number
  /** Does a work in the process under test. */
  work<Result>(assignment: Assignment): Promise<Result>
  /** What the identity provider has seen since it was asked last. */
  seen<Result>(): Promise<Result>
}
