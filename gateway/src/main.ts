#!/usr/bin/env node
import { requireEnv, wholeEnvironment } from '@munjigi/env'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildGateway } from './app.ts'
import type { CertificateFiles } from './door/tls.ts'
import { Env } from './env.ts'
import { check } from './table/check.ts'
import { servicesFilePath } from './table/services-file.ts'
import { LumpWriter } from './telemetry/lump-writer.ts'
import { createMetricsServer } from './telemetry/metrics-server.ts'

const STANDARD_OUTPUT = 1

const environment = wholeEnvironment()
const [command, file = servicesFilePath(environment)] = process.argv.slice(2)

if (command === 'check') process.exitCode = check(file, environment, (text) => process.stdout.write(text))
else if (command === undefined) await run()
else {
  process.stderr.write(
    'usage: munjigi-gateway            serve\n       munjigi-gateway check FILE  validate and print the route table\n',
  )
  process.exitCode = 2
}

async function run(): Promise<void> {
  const env = requireEnv(Env, 'gateway')
  const store = env.REDIS_URL === undefined ? undefined : connectStore(env.REDIS_URL)
  const tls = certificateFiles(env)
  const lines = ['debug', 'info'].includes(env.LOG_LEVEL) ? new LumpWriter(STANDARD_OUTPUT) : undefined
  const gateway = await buildGateway({
    servicesFile: file,
    environment,
    platform: { issuer: env.PLATFORM_ISSUER, audience: env.PLATFORM_AUDIENCE },
    internalKey: env.INTERNAL_KEY,
    logLevel: env.LOG_LEVEL,
    ...(store && { store }),
    ...(tls && { tls }),
    ...(lines && { lines }),
  })
  const metrics = createMetricsServer(gateway)
  metrics.on('error', ({ message }) => stop(`GATEWAY_METRICS_PORT cannot be listened on: ${message}`))
  metrics.listen(env.METRICS_PORT, env.HOST)
  gateway.app.addHook('onClose', async () => {
    metrics.close()
    await store?.close()
    await lines?.close()
  })
  await serve(gateway.app, env.PORT, 'GATEWAY_PORT', env.HOST)
}

function certificateFiles({
  GATEWAY_TLS_CERT_FILE: certFile,
  GATEWAY_TLS_KEY_FILE: keyFile,
}: Env): CertificateFiles | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile }
  return stop('GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE belong together: set both or neither')
}

function stop(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
