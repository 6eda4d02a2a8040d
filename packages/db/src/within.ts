import { deadline } from '@munjigi/deadline'

/** What `work` gives. @throws Error where that takes longer than `ms` */
export function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const callOff = deadline(ms, () => reject(new Error('the database does not answer')))
  return Promise.race([work, late]).finally(callOff)
}
