import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '@munjigi/env/variables'
import { checkDoor } from './door-checks.ts'
import { type Fault, ServicesFileError } from './file-fault.ts'
import { checkModules } from './module-checks.ts'
import { type PlacedModule, placeModules } from './placed-modules.ts'
import { SchemaReader } from './schema-reader.ts'
import { ServicesFile } from './services-schema.ts'
import { readYamlTree } from './yaml-tree.ts'

/** A services.yaml without a fault. */
export interface ParsedServices {
  readonly file: ServicesFile
  readonly modules: readonly PlacedModule[]
}

const MAX_BYTES = 256 * 1024

/** The text of a services file. @throws ServicesFileError where it is too large to be one, else the file system's error. */
export function readServicesText(path: string): string {
  if (statSync(path).size <= MAX_BYTES) return readFileSync(path, 'utf8')
  throw new ServicesFileError([{ line: 1, column: 1, what: 'the file is larger than 256 KB', remedy: 'shorten it' }])
}

/** Reads the text of a services.yaml. @throws ServicesFileError with every fault. */
export function parseServicesFile(text: string, env: Environment): ParsedServices {
  const faults: Fault[] = []
  const tree = readYamlTree(text, env, faults)
  const reader = new SchemaReader(faults)
  const file = reader.read(ServicesFile, tree) as ServicesFile | undefined
  if (file === undefined) throw new ServicesFileError(faults)
  const modules = placeModules(file, env)
  // A module that was left out as faulty must not be told a second time, as unknown.
  const known = new Set(modules.map(({ name }) => name))
  checkModules(reader, file, modules, env)
  checkDoor(reader, file, faults.length === 0 ? known : undefined, env)
  if (faults.length > 0) throw new ServicesFileError(faults)
  return { file, modules }
}

const VARIANTS = { '': 'services.yaml', local: 'services.local.yaml', docker: 'services.docker.yaml' }

/** The file that this environment asks for: `SERVICES_CONFIG_FILE`, else the variant of `APP_SITE` beside the gateway. */
export function servicesFilePath(env: Environment): string {
  if (env.SERVICES_CONFIG_FILE) return env.SERVICES_CONFIG_FILE
  const site = env.APP_SITE ?? ''
  if (!Object.hasOwn(VARIANTS, site)) throw new Error(`APP_SITE is "${site}": it must be local, docker or absent`)
  return join(import.meta.dirname, '../..', VARIANTS[site as keyof typeof VARIANTS])
}
