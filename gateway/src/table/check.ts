import type { Environment } from '@munjigi/env/variables'
import { faultLine, ServicesFileError } from './file-fault.ts'
import { limitText } from './limits.ts'
import type { Module } from './module-lookup.ts'
import { buildRouteTable, type RouteTable } from './route-table.ts'
import type { Rule } from './rules.ts'
import { parseServicesFile, readServicesText } from './services-file.ts'

/** Prints the route table of a services file, or every fault; the exit code says which. */
export function check(path: string, env: Environment, write: (text: string) => void): 0 | 1 {
  try {
    const table = buildRouteTable(parseServicesFile(readServicesText(path), env), env)
    write(printed(table))
    for (const warning of table.warnings) write(`warning: ${warning}\n`)
    return 0
  } catch (error) {
    if (error instanceof ServicesFileError) for (const fault of error.faults) write(`${faultLine(path, fault)}\n`)
    else if (isFileError(error))
      write(`${path}:1:1  cannot be read: ${error.code}  check the name and its permissions\n`)
    else throw error
    return 1
  }
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error

const HEADINGS = ['MODULE', 'UPSTREAM', 'PATH', 'METHODS', 'ACCESS']

function printed({ modules }: RouteTable): string {
  const rows = [HEADINGS, ...[...modules.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).flatMap(moduleRows)]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] as number))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

function moduleRows({ name, service, prefixes }: Module): string[][] {
  const upstream = service.isExternal ? `${service.origin} (external)` : service.origin
  const rules = prefixes.toSorted((a, b) => (a.path < b.path ? -1 : 1)).flatMap((prefix) => prefix.rules)
  return rules.map((rule, index) => {
    const [module, origin] = index === 0 ? [name, upstream] : ['', '']
    return [module, origin, rule.path || '/', [...(rule.methods ?? ['all'])].join(' '), accessText(rule)]
  })
}

function accessText(rule: Rule): string {
  const { access, section, level, clients, isPendingAllowed } = rule
  const parts: string[] = [section === undefined ? access : `section ${section} (${level})`]
  const asksWho = access !== 'open' && access !== 'public'
  if (asksWho && clients.size > 0) parts.push(`clients: ${[...clients].join(' ')}`)
  if (asksWho && isPendingAllowed) parts.push('pending: allow')
  if (rule.forwardsForeignAuthorization) parts.push('authorization: forward')
  if (rule.limit !== undefined) parts.push(limitText(rule.limit))
  return parts.join(', ')
}
