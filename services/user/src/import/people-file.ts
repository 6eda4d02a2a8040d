import { CsvError, parse } from 'csv-parse/sync'

const COLUMNS = [
  'login_id',
  'email',
  'username_kr',
  'username_en',
  'deptname_kr',
  'deptname_en',
  'role',
  'sections',
  'tenant',
  'password_hash',
] as const
export type Column = (typeof COLUMNS)[number]

export interface Fault {
  line: number
  /** Absent where the whole line is meant. */
  column?: Column
  message: string
}

/** One line under its header; what a column lacks is empty. */
export type Row = Record<Column, string> & { line: number }

/** The rows of a CSV file whose first line names its columns, in any order. Values are NFC without spaces around them. */
export function readPeopleFile(bytes: Buffer): { rows: Row[]; faults: Fault[] } {
  const faults: Fault[] = []
  const [header, ...records] = recordsOf(bytes, faults)
  if (header === undefined && faults.length === 0) faults.push({ line: 1, message: 'the file is empty' })
  if (header === undefined) return { rows: [], faults }
  const names = header.values.map((name) => name.toLowerCase())
  faults.push(...headerFaults(names))
  const rows: Row[] = []
  for (const { line, values } of records) {
    if (values.some((value) => value.includes('\0'))) faults.push({ line, message: 'has a NUL' })
    else if (values.length !== names.length)
      faults.push({ line, message: `has ${values.length} values, and the header ${names.length}` })
    else rows.push(rowOf(line, names, values))
  }
  if (rows.length === 0 && faults.length === 0) faults.push({ line: 1, message: 'nobody follows the header' })
  return { rows, faults }
}

interface Read {
  record: string[]
  info: { lines: number }
}

function recordsOf(bytes: Buffer, faults: Fault[]): { line: number; values: string[] }[] {
  const text = decoded(bytes)
  if (text === undefined) {
    faults.push({ line: firstForeignLine(bytes), message: 'is not UTF-8' })
    return []
  }
  try {
    const options = { info: true, relax_column_count: true } as const
    const read = parse(text.replaceAll('\r\n', '\n'), options) as unknown as Read[]
    return read
      .map(({ record }, index) => ({
        // Counted are the lines that the record before it ended on.
        line: (read[index - 1]?.info.lines ?? 0) + 1,
        values: record.map((value) => value.trim().normalize('NFC')),
      }))
      .filter(({ values }) => values.some((value) => value !== ''))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    faults.push({ line: Number(error.lines ?? 1), message: error.message })
    return []
  }
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Of a file that an older Excel wrote the header is often ASCII, and the first name is not. */
function firstForeignLine(bytes: Buffer): number {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf('\n', start)
    if (end === -1 || decoded(bytes.subarray(start, end)) === undefined) return line
    start = end + 1
  }
  return line
}

const isColumn = (name: string): name is Column => (COLUMNS as readonly string[]).includes(name)

function headerFaults(names: string[]): Fault[] {
  const unknown = names.filter((name) => !isColumn(name)).map((name) => `"${name}" is no column`)
  const seen = new Set<string>()
  const twice = names.filter((name) => seen.size === seen.add(name).size).map((name) => `"${name}" stands twice`)
  const missing = names.includes('login_id') ? [] : ['login_id is missing']
  const known = `columns are ${COLUMNS.join(', ')}`
  return [...unknown, ...twice, ...missing].map((message) => ({ line: 1, message: `${message}; ${known}` }))
}

function rowOf(line: number, names: string[], values: string[]): Row {
  const given = new Map(names.map((name, index) => [name, values[index] ?? '']))
  const row = Object.fromEntries(COLUMNS.map((column) => [column, given.get(column) ?? '']))
  return { ...(row as Record<Column, string>), line }
}
