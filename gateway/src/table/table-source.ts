import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Environment } from '@munjigi/env/variables'
import { ServicesFileError } from './file-fault.ts'
import { buildRouteTable, type RouteTable } from './route-table.ts'
import { parseServicesFile, readServicesText } from './services-file.ts'

export interface TableSource {
  current(): RouteTable
  /** Reads the file now; false where it is not usable and the table stays. */
  reload(): boolean
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
  /** Called after the swap, with the table that requests in flight still hold. */
  onChange?(table: RouteTable, previous: RouteTable): void
}

// A file that is being written is read once it has been quiet for this long.
const QUIET_MS = 100
// What no watcher tells: a replaced directory, a network file system.
const POLL_MS = 5000
// Kubernetes swaps this link; the file's own name never changes there.
const CONFIG_MAP_LINK = '..data'

/**
 * Holds the route table of a file and follows its changes: editors that rename, a config map's `..data` link, SIGHUP.
 * A file that is not usable leaves the last good table in place.
 * @throws ServicesFileError or the file system's error where the first reading fails.
 */
export function createTableSource({ path, env, log, onChange }: TableSourceOptions): TableSource {
  let lastRead: string | undefined = readServicesText(path)
  let table = buildRouteTable(parseServicesFile(lastRead, env), env)
  announce(log, path, table)

  const load = (text: string | undefined): boolean => {
    lastRead = text
    const previous = table
    try {
      table = buildRouteTable(parseServicesFile(text ?? readServicesText(path), env), env, previous)
    } catch (error) {
      refuse(log, path, table, error)
      return false
    }
    announce(log, path, table)
    onChange?.(table, previous)
    return true
  }

  let quiet: NodeJS.Timeout | undefined
  const look = () => {
    clearTimeout(quiet)
    quiet = setTimeout(() => {
      const text = readIfPossible(path)
      if (text !== lastRead) load(text)
    }, QUIET_MS).unref()
  }
  const names = new Set<string | null>([basename(path), CONFIG_MAP_LINK, null])
  const watcher = watch(dirname(path), (_, name) => names.has(name) && look())
  watcher.on('error', (error) => log.warn({ file: path, error: error.message }, 'services file is only polled'))
  const poll = setInterval(look, POLL_MS).unref()
  const reload = () => load(readIfPossible(path))
  process.on('SIGHUP', reload)

  return {
    current: () => table,
    reload,
    close() {
      watcher.close()
      clearInterval(poll)
      clearTimeout(quiet)
      process.off('SIGHUP', reload)
    },
  }
}

// Unreadable is a state like any text: it is told once, and not again before it changes.
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
