import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const WRITE_AFTER_MS = 50

interface Row {
  value: unknown
  /** Unix seconds; null: never. */
  expires_at: number | null
}

/** Values by kind and id that may expire; kept in one file when there is a directory, else in memory alone. */
export interface Records {
  find<T>(kind: string, id: string): T | undefined
  list<T>(kind: string): T[]
  put(kind: string, id: string, value: unknown, expiresInSeconds?: number): void
  remove(kind: string, id: string): void
  /** Writes what is not written yet. */
  close(): void
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** Opens `records.json` in the directory; it holds live sign-ins, so only its owner may read it. */
export function openRecords(directory: string | undefined): Records {
  const file = directory === undefined ? undefined : join(directory, 'records.json')
  if (directory !== undefined) mkdirSync(directory, { recursive: true, mode: 0o700 })
  const rows = new Map<string, Row>(Object.entries(file === undefined ? {} : readRows(file)))
  let timer: NodeJS.Timeout | undefined

  const isLive = (row: Row) => row.expires_at === null || row.expires_at > nowSeconds()

  const write = () => {
    clearTimeout(timer)
    timer = undefined
    for (const [key, row] of rows) if (!isLive(row)) rows.delete(key)
    if (file !== undefined) writeWhole(file, JSON.stringify(Object.fromEntries(rows)))
  }
  const changed = () => {
    timer ??= setTimeout(write, WRITE_AFTER_MS)
  }

  return {
    find<T>(kind: string, id: string) {
      const row = rows.get(`${kind}/${id}`)
      return row !== undefined && isLive(row) ? (row.value as T) : undefined
    },
    list<T>(kind: string) {
      const found: T[] = []
      for (const [key, row] of rows) if (key.startsWith(`${kind}/`) && isLive(row)) found.push(row.value as T)
      return found
    },
    put(kind, id, value, expiresInSeconds) {
      const expires_at = expiresInSeconds === undefined ? null : nowSeconds() + expiresInSeconds
      rows.set(`${kind}/${id}`, { value, expires_at })
      changed()
    },
    remove(kind, id) {
      if (rows.delete(`${kind}/${id}`)) changed()
    },
    close() {
      if (timer !== undefined) write()
    },
  }
}

function readRows(file: string): Record<string, Row> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** A crash leaves either the old file or the new one, never half of one. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
