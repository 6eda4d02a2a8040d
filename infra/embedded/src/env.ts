import { Type } from 'typebox'

const Port = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description })

/** What may differ between two people who run `npm start` on one machine. */
export const Env = Type.Object({
  GATEWAY_PORT: Port(9050, 'the front door, https'),
  METRICS_PORT: Port(9051, "the gateway's metrics"),
  CONSOLE_PORT: Port(9060, 'the console'),
  IDP_PORT: Port(9070, 'the development identity provider'),
  SERVICES_PORT: Port(9080, 'the host of all services'),
  MUNJIGI_ENV: Type.Optional(Type.String()),
})
