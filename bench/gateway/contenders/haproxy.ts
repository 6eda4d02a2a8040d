import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listening, start, TESTED_CORE } from '../../child.ts'
import { AUDIENCE, type House, ISSUER } from '../house.ts'
import type { Contender } from './contender.ts'

export const HAPROXY_HINT = 'HAProxy is not here: apt-get install haproxy'

/** HAProxy with the same claim checks, the subject as a header and a log line. */
export async function startHaproxy(house: House, upstream: number, port: number): Promise<Contender | undefined> {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const file = join(house.folder, 'haproxy.cfg')
  writeFileSync(file, configuration(join(house.folder, 'public.pem'), upstream, port))
  const child = start(TESTED_CORE, 'haproxy', ['-db', '-f', file])
  await listening(port)
  return { name: 'HAProxy', port, path: '/api/meal/v1/menus', process: child }
}

const configuration = (key: string, upstream: number, port: number) => `
global
  nbthread 1
  maxconn 8000
  log stdout format raw local0
defaults
  mode http
  log global
  log-format "%ci %ST %TR/%Tw/%Tc/%Tr/%Ta %HM %[var(txn.sub)] %ID"
  unique-id-format %{+X}o%ci:%cp_%Ts_%rt:%pid
  unique-id-header X-Request-Id
  timeout client 60s
  timeout server 60s
  timeout connect 2s
  timeout tunnel 1h
  option http-keep-alive
frontend door
  bind 127.0.0.1:${port}
  http-request del-header X-User-Sub
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.typ) var(txn.bearer),jwt_header_query('$.typ')
  http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
  http-request set-var(txn.aud) var(txn.bearer),jwt_payload_query('$.aud')
  http-request set-var(txn.sub) var(txn.bearer),jwt_payload_query('$.sub')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.iat) var(txn.bearer),jwt_payload_query('$.iat','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.typ) -m str at+jwt }
  http-request deny deny_status 401 unless { var(txn.iss) -m str ${ISSUER} }
  http-request deny deny_status 401 unless { var(txn.aud) -m str ${AUDIENCE} }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"${key}") 1 }
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt -30 }
  http-request deny deny_status 401 if { var(txn.iat),sub(txn.now) -m int gt 30 }
  http-request set-header X-User-Sub %[var(txn.sub)]
  http-request set-header X-Forwarded-For %[src]
  default_backend meal
backend meal
  http-reuse always
  server one 127.0.0.1:${upstream}
`
