import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Database } from '@munjigi/db/connect'
import { commandHandle } from '../serving-handle.ts'
import { importPeople } from './import-people.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export interface ImportCall {
  path: string
  tenantId: string | undefined
  isDryRun: boolean
}

/** Reads the words after `import`; undefined where they are wrong. */
export function readImportCall(words: string[]): ImportCall | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      options: { tenant: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } },
      allowPositionals: true,
    })
    const [path, ...more] = positionals
    const { tenant } = values
    if (path === undefined || more.length > 0 || (tenant !== undefined && !UUID.test(tenant))) return undefined
    return { path, tenantId: tenant, isDryRun: values['dry-run'] }
  } catch {
    return undefined
  }
}

/** `munjigi-user import people.csv`: says what was done, or every fault with its line, and gives the exit code. */
export async function runImport(
  database: Database,
  { path, tenantId, isDryRun }: ImportCall,
  defaultTenantId: string,
): Promise<number> {
  const file = await readFile(path).catch((error: Error) => {
    process.stderr.write(`${path} cannot be read: ${error.message}\n`)
  })
  if (file === undefined) return 1
  const { count, faults } = await importPeople(commandHandle(database), file, {
    tenant: { id: tenantId ?? defaultTenantId, isDefault: tenantId === undefined },
    isDryRun,
  })
  if (faults.length > 0) {
    const lines = faults.map(
      ({ line, column, message }) => `${path}:${line}: ${column ? `${column} ` : ''}${message}\n`,
    )
    process.stderr.write(`${lines.join('')}Nobody was imported: ${faults.length} faults.\n`)
    return 1
  }
  process.stdout.write(isDryRun ? `${count} people would be imported.\n` : `${count} people are imported.\n`)
  return 0
}
