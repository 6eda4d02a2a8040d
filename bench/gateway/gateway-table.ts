import { print } from '../report.ts'
import { ENVOY_HINT, startEnvoy } from './contenders/envoy.ts'
import { HAPROXY_HINT, startHaproxy } from './contenders/haproxy.ts'
import { startHttpProxy } from './contenders/http-proxy.ts'
import { startMunjigi } from './contenders/munjigi.ts'
import { createHouse } from './house.ts'
import { measureRequests } from './requests.ts'
import { measureResilience } from './resilience.ts'
import { createBench } from './run.ts'
import { measureWebSockets } from './sockets.ts'

/** Prints every gateway line of the design's table of numbers. */
export async function gatewayTable({ rounds, ms, port }: { rounds: number; ms: number; port: number }): Promise<void> {
  await using bench = await createBench(await createHouse(), { rounds, ms })
  const munjigi = bench.add(await startMunjigi(bench.house, { user: bench.upstream, module: bench.upstream }, port))
  const haproxy = bench.add(await startHaproxy(bench.house, bench.upstream, port + 10))
  const envoy = bench.add(await startEnvoy(bench.house, bench.upstream, port + 20))
  const httpProxy = bench.add(await startHttpProxy(bench.upstream, port + 30))

  const lines = [
    ...(await measureRequests(bench, { munjigi, haproxy, envoy, httpProxy })),
    ...(await measureWebSockets(bench, port + 40)),
    ...(await measureResilience(bench, munjigi)),
  ]
  print(lines)
  if (haproxy === undefined) process.stdout.write(`${HAPROXY_HINT}\n`)
  if (envoy === undefined) process.stdout.write(`${ENVOY_HINT}\n`)
}
