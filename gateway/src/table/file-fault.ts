/** One thing wrong with services.yaml; line and column count from 1. */
export interface Fault {
  readonly line: number
  readonly column: number
  readonly what: string
  readonly remedy: string
}

/** The file is not usable: everything that is wrong with it, in the order of its lines. */
export class ServicesFileError extends Error {
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    super(`services.yaml is not usable: ${faults.length} faults`)
    this.name = 'ServicesFileError'
    this.faults = faults.toSorted((a, b) => a.line - b.line || a.column - b.column)
  }
}

/** `file:line:column  what  remedy`, as `check` prints it and editors can jump to it. */
export const faultLine = (file: string, fault: Fault): string =>
  `${file}:${fault.line}:${fault.column}  ${fault.what}  ${fault.remedy}`

const NEAR_ENOUGH = 3

/** The known name that was probably meant, if one is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = name.toLowerCase().replaceAll('-', '_')
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(plain, candidate) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.min(NEAR_ENOUGH, plain.length - 1) ? best.candidate : undefined
}

function editDistance(a: string, b: string): number {
  // Longer names are never near, and a hostile one must not cost its square.
  if (Math.abs(a.length - b.length) > NEAR_ENOUGH) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
