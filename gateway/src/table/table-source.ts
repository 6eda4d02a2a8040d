import { followFile } from '@munjigi/env/followed-file'
import type { Environment } from '@munjigi/env/variables'
import { ServicesFileError } from './file-fault.ts'
import { buildRouteTable, type RouteTable } from './route-table.ts'
import { parseServicesFile, readServicesText } from './services-file.ts'

export interface TableSource {
  current(): RouteTable
  /** Reads the file now; false where it is not usable and the table stays. */
  reload(): boolean
  /** `listener` is told of each table that takes effect from now on; requests in flight still hold the one before. */
  onChange(listener: (table: RouteTable) => void): void
  close(): void
}

interface TableLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

interface TableSourceOptions {
  path: string
  env: Environment
  log: TableLog
}

/**
 * Holds the route table of a file and follows its changes: editors that rename, a config map's `..data` link, SIGHUP.
 * A file that is not usable leaves the last good table in place.
 * @throws ServicesFileError or the file system's error where the first reading fails.
 */
export function createTableSource({ path, env, log }: TableSourceOptions): TableSource {
  const text = readServicesText(path)
  let table = buildRouteTable(parseServicesFile(text, env), env)
  const listeners: ((table: RouteTable) => void)[] = []
  announce(log, path, table)

  const followed = followFile({
    path,
    text,
    read: () => readIfPossible(path),
    load(found) {
      try {
        table = buildRouteTable(parseServicesFile(found ?? readServicesText(path), env), env, table)
      } catch (error) {
        refuse(log, path, table, error)
        return false
      }
      announce(log, path, table)
      for (const listener of listeners) listener(table)
      return true
    },
    onUnwatched: ({ message }) => log.warn({ file: path, error: message }, 'services file is only polled'),
  })
  return {
    current: () => table,
    reload: followed.reload,
    onChange: (listener) => void listeners.push(listener),
    close: followed.close,
  }
}

function readIfPossible(path: string): string | undefined {
  try {
    return readServicesText(path)
  } catch {
    return undefined
  }
}

function announce(log: TableLog, file: string, { generation, modules, warnings }: RouteTable): void {
  log.info({ file, generation, modules: modules.size }, 'services file loaded')
  for (const warning of warnings) log.warn({ file, warning }, 'services file loaded with a warning')
}

function refuse(log: TableLog, file: string, { generation }: RouteTable, error: unknown): void {
  if (error instanceof ServicesFileError)
    for (const fault of error.faults) log.error({ file, ...fault }, 'services file has a fault')
  else log.error({ file, error: (error as Error).message }, 'services file cannot be read')
  log.error({ file, generation }, 'services file refused, the last good one stays')
}
