import { readEnv } from '@munjigi/env'
import { Type } from 'typebox'
import { DATA_FOLDER } from './folders.ts'
import type { Addresses } from './guide.ts'

const Port = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description })

/** What may differ between two people who run `npm start` on one machine. */
const Env = Type.Object({
  GATEWAY_PORT: Port(9050, 'the front door, https'),
  METRICS_PORT: Port(9051, "the gateway's metrics"),
  CONSOLE_PORT: Port(9060, 'the console'),
  IDP_PORT: Port(9040, 'the development identity provider'),
  OUTSIDE_PORT: Port(9070, 'a small outside service, to be logged in at'),
  SERVICES_PORT: Port(9080, 'the host of all services'),
  MUNJIGI_DATA_FOLDER: Type.String({ default: DATA_FOLDER, description: 'where a house keeps what survives it' }),
  EGRESS_ALLOW: Type.String({ default: '', description: 'what session-station may call besides, see its README' }),
  MUNJIGI_ENV: Type.Optional(Type.String()),
})

/** @throws Error where this machine says that it is production. */
export function readHouseEnv() {
  const { MUNJIGI_ENV, MUNJIGI_DATA_FOLDER: dataFolder, EGRESS_ALLOW: egressAllow, ...ports } = readEnv(Env, 'munjigi')
  if (MUNJIGI_ENV === 'production')
    throw new Error('MUNJIGI_ENV=production: the embedded house is for development, see docker-compose.yml')
  return { ports, dataFolder, egressAllow }
}

export type Ports = ReturnType<typeof readHouseEnv>['ports']
export const PORT_NAMES = [
  'GATEWAY_PORT',
  'METRICS_PORT',
  'CONSOLE_PORT',
  'IDP_PORT',
  'OUTSIDE_PORT',
  'SERVICES_PORT',
] as const

export const addressesOf = (ports: Ports): Addresses => ({
  gateway: `https://localhost:${ports.GATEWAY_PORT}`,
  console: `http://localhost:${ports.CONSOLE_PORT}`,
  idp: `http://localhost:${ports.IDP_PORT}`,
  outside: `http://127.0.0.1:${ports.OUTSIDE_PORT}`,
  metrics: `http://localhost:${ports.METRICS_PORT}`,
})

/** The host of all services, behind the gateway. */
export const servicesUrl = (ports: Ports): string => `http://127.0.0.1:${ports.SERVICES_PORT}`

/** What a command in another terminal needs before it to find this house: `MUNJIGI_GATEWAY_PORT=9150 `, or nothing. */
export function movedBy({ ports, dataFolder }: Pick<ReturnType<typeof readHouseEnv>, 'ports' | 'dataFolder'>): string {
  const usual = readEnv(Env, 'munjigi', { source: {} })
  const moved = PORT_NAMES.filter((name) => ports[name] !== usual[name])
  const variables = moved.map((name) => `MUNJIGI_${name}=${ports[name]} `)
  if (dataFolder !== DATA_FOLDER) variables.push(`MUNJIGI_DATA_FOLDER='${dataFolder}' `)
  return variables.join('')
}
