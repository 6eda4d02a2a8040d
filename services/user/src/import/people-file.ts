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

const SYNTAX_FAULTS: { [code: string]: string } = {
  INVALID_OPENING_QUOTE: 'has a quote in a value that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE: 'has text behind a closing quote',
  CSV_QUOTE_NOT_CLOSED: 'has a quote that is not closed',
}

/** The values of one line by column, '' for a column that the file does not have. */
export type Row = Record<Column, string> & { line: number }

/** The rows of a CSV file whose first line names its columns, in any order. Values are NFC without spaces around them. */
export function readPeopleFile(bytes: Buffer): { rows: Row[]; faults: Fault[] } {
  const faults: Fault[] = []
  const [header, ...records] = recordsOf(bytes, faults)
  if (header === undefined && faults.length === 0) faults.push({ line: 1, message: 'the file is empty' })
  // With a fault before it, this line is not the header.
  if (header === undefined || faults.some(({ line }) => line < header.line)) return { rows: [], faults }
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

interface Line {
  line: number
  values: string[]
}

function recordsOf(bytes: Buffer, faults: Fault[]): Line[] {
  const text = decoded(bytes)
  if (text === undefined) {
    faults.push({ line: firstForeignLine(bytes), message: 'is not UTF-8' })
    return []
  }
  const records: Line[] = []
  let line = 1
  for (let rest: Buffer | undefined = Buffer.from(withPlainLineEnds(text)); rest !== undefined; ) {
    const first = line
    const fault = parseAsFarAsPossible(rest, (values, lines) => {
      if (values.some((value) => value !== '')) records.push({ line, values })
      line = first + lines
    })
    if (fault === undefined) break
    faults.push({ line, message: fault })
    // An open quote might swallow the rest of the file, so reading goes on at the next line.
    line += 1
    rest = behindLines(rest, line - first)
  }
  return records
}

/** Tells each record with the number of lines read so far, up to the first fault, and gives that fault. */
function parseAsFarAsPossible(bytes: Buffer, tell: (values: string[], lines: number) => void): string | undefined {
  try {
    parse(bytes, {
      relax_column_count: true,
      on_record: (values: string[], { lines }) => {
        tell(
          values.map((value) => value.trim().normalize('NFC')),
          lines,
        )
        return null
      },
    })
    return undefined
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return SYNTAX_FAULTS[error.code] ?? 'is no CSV'
  }
}

function behindLines(bytes: Buffer, count: number): Buffer | undefined {
  let start = 0
  for (let line = 0; line < count; line += 1) {
    const end = bytes.indexOf('\n', start)
    if (end === -1) return undefined
    start = end + 1
  }
  return bytes.subarray(start)
}

const withPlainLineEnds = (text: string): string =>
  text.includes('\n') ? text.replaceAll('\r\n', '\n') : text.replaceAll('\r', '\n')

function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Older versions of Excel write other encodings: often the header is ASCII, and the first name is not. */
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
