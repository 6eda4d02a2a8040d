import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { invalidProfile } from '../problems.ts'
import type { Fault } from './fault.ts'
import { type GivenContent, plainContent } from './plain-content.ts'
import { requestFaults } from './request-faults.ts'
import { ruleFaults } from './rule-faults.ts'

/** What was sent, in the one form in which it is stored but for its secrets. @throws Problem 400 that names every fault. */
export function checkedContent(given: GivenContent): ProfileContent {
  const faults: Fault[] = []
  const content = plainContent(given, faults)
  // Without a URL that can be read, what hangs on it cannot be judged.
  if (faults.length === 0) faults.push(...requestFaults(content), ...ruleFaults(content))
  if (faults.length > 0) throw invalidProfile(faults)
  return content
}
