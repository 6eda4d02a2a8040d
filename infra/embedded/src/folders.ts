import { fileURLToPath } from 'node:url'

const fromRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

export const DATA_FOLDER = fromRoot('.data')
export const CERTS_FOLDER = fromRoot('certs')
export const SERVICES_FILE = fromRoot('gateway/services.local.yaml')
