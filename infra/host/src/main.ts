import { EnvError, listOf, requireEnv, requireUsable } from '@munjigi/env'
import { createServer } from '@munjigi/server/create-server'
import { serve } from '@munjigi/server/serve'
import { Env } from './env.ts'
import { hostParts } from './host-parts.ts'
import { HOSTED_SERVICES } from './hosted-services.ts'

const env = requireEnv(Env, 'host')
const placings = requireUsable(() => read(listOf(env.HOST_SERVICES)))
const app = createServer({ name: 'host', logLevel: env.LOG_LEVEL })
const parts = hostParts(app)
for (const place of placings) place(parts)
try {
  await serve(app, env.PORT, 'HOST_PORT')
} catch (error) {
  if (!(error instanceof EnvError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}

function read(names: string[]) {
  const faults: string[] = []
  const placings = [...new Set(names)].flatMap((name) => {
    try {
      const service = Object.hasOwn(HOSTED_SERVICES, name) ? HOSTED_SERVICES[name] : undefined
      if (service !== undefined) return service()
      faults.push(`HOST_SERVICES: ${name} is none of ${Object.keys(HOSTED_SERVICES).join(', ')}`)
    } catch (error) {
      if (!(error instanceof EnvError)) throw error
      faults.push(...error.faults.map((fault) => `${name}: ${fault}`))
    }
    return []
  })
  if (faults.length > 0) throw new EnvError(faults)
  return placings
}
