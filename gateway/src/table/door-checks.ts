import type { Environment } from '@munjigi/env/variables'
import type { Issuer } from '@munjigi/identity/issuers'
import { moduleName } from '@munjigi/identity/scope'
import { isReservedName } from './module-name.ts'
import { originOf } from './origin.ts'
import { addressRange } from './proxy-list.ts'
import type { SchemaReader } from './schema-reader.ts'
import type { ServicesFile } from './services-schema.ts'

/** What the schema cannot say about base paths, origins, hosts, proxies and issuers. */
export function checkDoor(
  reader: SchemaReader,
  file: ServicesFile,
  modules: ReadonlySet<string> | undefined,
  env: Environment,
): void {
  checkBasePaths(reader, file.base_paths ?? [])
  checkEach(
    reader,
    file.allowed_origins,
    (origin) => originOf(origin) === origin,
    'is no origin',
    'write https://name or https://name:port, lower case, without a slash',
  )
  checkEach(reader, file.public_hosts, isHost, 'is no host', 'write name or name:port, without scheme or path')
  checkEach(
    reader,
    file.trusted_proxies,
    (text) => addressRange(text) !== undefined,
    'is no address',
    'write an IP address or CIDR such as 10.0.0.0/8',
  )
  checkIssuers(reader, file.issuers ?? [], modules, env)
}

function checkEach(
  reader: SchemaReader,
  list: string[] | undefined,
  isGood: (text: string) => boolean,
  what: string,
  remedy: string,
): void {
  for (const [index, text] of (list ?? []).entries())
    if (!isGood(text)) reader.refuse(reader.placeOf(list as string[], index), `${JSON.stringify(text)} ${what}`, remedy)
}

function checkBasePaths(reader: SchemaReader, paths: string[]): void {
  for (const [index, path] of paths.entries()) {
    const at = reader.placeOf(paths, index)
    if (path.split('/').some((segment) => isReservedName(segment)))
      reader.refuse(at, `${path} holds a reserved name`, 'choose another base path')
    if (paths.indexOf(path) < index) reader.refuse(at, `${path} stands twice`, 'remove one')
  }
}

function checkIssuers(
  reader: SchemaReader,
  issuers: Issuer[],
  modules: ReadonlySet<string> | undefined,
  env: Environment,
): void {
  for (const [index, entry] of issuers.entries()) {
    const faults = reader.isWhole(entry) ? issuerFaults(entry, issuers.slice(0, index), env.PLATFORM_ISSUER) : []
    for (const [key, what, remedy] of faults) reader.refuse(reader.placeOf(entry, key), what, remedy)
    for (const acting of Object.values(entry.act_for_users ?? {}))
      checkEach(
        reader,
        acting.modules,
        (module) => modules === undefined || modules.has(moduleName(module)),
        'is no module',
        'name a module of this file',
      )
  }
}

type IssuerFault = [key: 'issuer' | 'name', what: string, remedy: string]

function issuerFaults(entry: Issuer, earlier: Issuer[], platformIssuer: string | undefined): IssuerFault[] {
  const acceptsAnything = !entry.audiences?.length && !entry.authorized_parties?.length
  const isNameless = entry.people === 'own' && entry.name === undefined
  const isNameTaken = entry.name !== undefined && earlier.some(({ name }) => name === entry.name)
  const isTwice = earlier.some(({ issuer }) => issuer === entry.issuer)
  const possible: [boolean, ...IssuerFault][] = [
    [acceptsAnything, 'issuer', 'any token of this issuer would pass', 'add audiences or authorized_parties'],
    [isNameless, 'issuer', 'an issuer with people of its own needs a name', 'add "name: <a-z, 0-9, ->"'],
    [isNameTaken, 'name', `two issuers are named "${entry.name}"`, 'rename one'],
    [isTwice, 'issuer', 'this issuer stands twice', 'put its settings together'],
    [entry.issuer === platformIssuer, 'issuer', 'this is our own user service', 'remove it: it is trusted anyway'],
  ]
  return possible.filter(([isFaulty]) => isFaulty).map(([, ...fault]) => fault)
}

const isHost = (text: string): boolean =>
  /^([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(text)
