import { fileURLToPath } from 'node:url'
import { listening, start, TESTED_CORE } from '../../child.ts'
import { AUDIENCE, ISSUER } from '../house.ts'
import type { Contender } from './contender.ts'

/** What one would write in an afternoon: @fastify/http-proxy behind jose's jwtVerify. */
export async function startHttpProxy(upstream: number, port: number): Promise<Contender> {
  const module = fileURLToPath(new URL('http-proxy-server.ts', import.meta.url))
  const env = {
    BENCH_UPSTREAM: String(upstream),
    BENCH_PORT: String(port),
    BENCH_ISSUER: ISSUER,
    BENCH_AUDIENCE: AUDIENCE,
  }
  const child = start(TESTED_CORE, process.execPath, [module], env)
  await listening(port)
  return { name: '@fastify/http-proxy + jose', port, path: '/api/meal/v1/menus', process: child }
}
