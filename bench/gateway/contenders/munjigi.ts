import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listening, start, TESTED_CORE } from '../../child.ts'
import { AUDIENCE, type House, INTERNAL_KEY, ISSUER } from '../house.ts'
import type { Contender } from './contender.ts'

/** Ports: who plays user, and who stands behind the modules. */
interface Upstreams {
  user: number
  module: number
}
export interface Munjigi extends Contender {
  table: string
  upstreams: Upstreams
}

/** Our gateway with everything on: records, a section, `X-User-Sub`, access log and metrics. */
export async function startMunjigi(house: House, upstreams: Upstreams, port: number): Promise<Munjigi> {
  const table = join(house.folder, `services-${port}.yaml`)
  writeFileSync(table, services(upstreams))
  const main = fileURLToPath(new URL('../../../gateway/src/main.ts', import.meta.url))
  const env = {
    PORT: String(port),
    METRICS_PORT: String(port + 1),
    SERVICES_CONFIG_FILE: table,
    PLATFORM_ISSUER: ISSUER,
    PLATFORM_AUDIENCE: AUDIENCE,
    INTERNAL_KEY,
    LOG_LEVEL: 'info',
  }
  const child = start(TESTED_CORE, process.execPath, [main], env)
  await listening(port)
  return { name: 'munjigi', port, path: '/api/meal/v1/menus', process: child, table, upstreams }
}

/** The table with one section rule; a comment makes each version of it differ. */
export const services = ({ user, module }: Upstreams, version = 0) => `# version ${version}
services:
  user:
    host: http://127.0.0.1:${user}
    modules: [auth]
  meal:
    host: http://127.0.0.1:${module}
    modules:
      - meal: { section: canvas }
      - live: { section: canvas }
`
