import { moduleName } from '@munjigi/identity/scope'

/** Names that are never a module, under any base path. */
const RESERVED = new Set(['internal', 'proxy', 'docs', 'healthz', 'readyz', 'server-status', '.well-known'])

export const MODULE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

export const isReservedName = (name: string): boolean => RESERVED.has(moduleName(name)) || /^v\d+$/i.test(name)
