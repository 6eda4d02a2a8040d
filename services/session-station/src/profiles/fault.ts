/** What is wrong with a profile, and where; the form of a schema's own faults. */
export interface Fault {
  field: string
  message: string
}
