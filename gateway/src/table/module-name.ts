/** Names that are never a module, under any base path. */
const RESERVED = new Set(['internal', 'proxy', 'docs', 'healthz', 'readyz', 'server-status', '.well-known'])

export const MODULE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

/** The one form of a module name: lower case, `_` as `-`. */
export const moduleName = (name: string): string => name.toLowerCase().replaceAll('_', '-')

export const isReservedName = (name: string): boolean => RESERVED.has(moduleName(name)) || /^v\d+$/i.test(name)
