import type { ModuleEntry, RuleEntry } from './services-schema.ts'

type Access = 'open' | 'public' | 'authenticated' | 'section' | 'service'
type Level = 'user' | 'admin'

/** What a module or a rule demands once everything outside it is taken into account. */
export interface AccessSettings {
  readonly access: Access
  readonly section: string | undefined
  readonly level: Level
  readonly clients: ReadonlySet<string>
  readonly isPendingAllowed: boolean
  /** An `Authorization` that is no Bearer goes on unread; on open routes alone (docs/decisions/0006). */
  readonly forwardsForeignAuthorization: boolean
}

const DEFAULT: AccessSettings = {
  access: 'authenticated',
  section: undefined,
  level: 'user',
  clients: new Set(),
  isPendingAllowed: false,
  forwardsForeignAuthorization: false,
}

type AccessEntry = Omit<ModuleEntry, 'rules'> | RuleEntry

/** What the entry says, over what stands outside it; naming a section is asking for it. */
export function accessSettings(entry: AccessEntry, outer: AccessSettings = DEFAULT): AccessSettings {
  const access = entry.access ?? (entry.section === undefined ? outer.access : 'section')
  const inheritedLevel = entry.section === undefined ? outer.level : 'user'
  return {
    access,
    section: access === 'section' ? (entry.section ?? outer.section) : undefined,
    level: access === 'section' ? (entry.level ?? inheritedLevel) : 'user',
    clients: entry.clients === undefined ? outer.clients : new Set(entry.clients),
    isPendingAllowed: entry.pending === undefined ? outer.isPendingAllowed : entry.pending === 'allow',
    forwardsForeignAuthorization: access === 'open' && forwards(entry, outer),
  }
}

const forwards = ({ authorization }: AccessEntry, outer: AccessSettings): boolean =>
  authorization === undefined ? outer.forwardsForeignAuthorization : authorization === 'forward'

export interface AccessFault {
  key: 'access' | 'section' | 'level' | 'authorization' | 'limits'
  what: string
  remedy: string
}

/** What contradicts itself in an entry, or could never let anybody in. */
export function accessFault(entry: AccessEntry, settings: AccessSettings): AccessFault | undefined {
  if (settings.access === 'section' && settings.section === undefined)
    return { key: 'access', what: 'access: section without a section', remedy: 'add "section: <id>"' }
  if (entry.section !== undefined && settings.access !== 'section')
    return { key: 'section', what: `a section beside access: ${settings.access}`, remedy: 'keep one of the two' }
  if (entry.level !== undefined && settings.access !== 'section')
    return { key: 'level', what: 'a level without a section', remedy: 'add "section: <id>" or remove the level' }
  if (settings.access === 'service' && settings.clients.size === 0)
    return { key: 'access', what: 'access: service lets nobody in', remedy: 'add "clients: [<client id>]"' }
  if (entry.authorization === 'forward' && settings.access !== 'open')
    return {
      key: 'authorization',
      what: `authorization: forward beside access: ${settings.access}`,
      remedy: 'keep it for open routes: elsewhere the gateway reads Authorization itself',
    }
  return limitsFault(entry, settings)
}

function limitsFault({ limits }: AccessEntry, { access }: AccessSettings): AccessFault | undefined {
  if (access !== 'open' || limits?.by === undefined || limits.by === 'address') return undefined
  return {
    key: 'limits',
    what: `limits by ${limits.by} beside access: open`,
    remedy: 'write by: address, since nobody is known on open routes',
  }
}
