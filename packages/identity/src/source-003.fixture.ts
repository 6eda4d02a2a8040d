import { readFileSync } from 'node:fs'

/** The cells of a table as it stands in source 003: its head, and its rows. */
export function sourceTable(name: string): { head: string[]; rows: string[][] } {
  const lines = readFileSync(new URL(`source-003-${name}.md`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const cells = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('**', '')),
  )
  const [head = [], , ...rows] = cells
  return { head, rows }
}
