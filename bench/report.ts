/** Median and range of one figure over the rounds. */
export interface Figure {
  median: number
  min: number
  max: number
}

export function figure(values: number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median =
    sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  return { median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 }
}

export const rounded = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2))
export const written = ({ median, min, max }: Figure): string => `${rounded(median)} (${rounded(min)}–${rounded(max)})`

/** A line of the table: what was measured, our figure, theirs, the ratio, the goal of the design. */
export interface Line {
  what: string
  ours: string
  theirs: string
  ratio: string
  goal: string
}

/** Ratio of two figures round by round, since the machine's speed drifts between rounds. */
export const ratioOf = (ours: number[], theirs: number[]): string =>
  `${written(figure(ours.map((value, round) => value / (theirs[round] ?? Number.NaN))))} ×`

export function print(lines: Line[]): void {
  const head: Line = { what: 'what', ours: 'ours', theirs: 'against', ratio: 'ratio', goal: 'goal' }
  const keys = ['what', 'ours', 'theirs', 'ratio', 'goal'] as const
  const widths = keys.map((key) => Math.max(...[head, ...lines].map((line) => line[key].length)))
  for (const line of [head, ...lines])
    process.stdout.write(
      `${keys
        .map((key, column) => line[key].padEnd(widths[column] as number))
        .join('  ')
        .trimEnd()}\n`,
    )
}
