import { spawn, spawnSync } from 'node:child_process'
import { on, once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const programOf = (name: string) => fileURLToPath(new URL(`../interop/${name}`, import.meta.url))
// Without it Python writes a folder of compiled modules beside its sources.
const environment = (secrets: Record<string, string>) => ({ ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...secrets })

/** Why tests of Python are left out; where CI is set, they never are. */
export const withoutPython: string | false =
  !process.env.CI && spawnSync('python3', ['--version']).status !== 0 && 'there is no python3 here'

interface Expectations {
  secret: string
  issuer: string
  clientId: string
  clientKey?: string
}

/** interop/receiver.py as a process of its own. */
export async function pythonReceiver(
  t: TestContext,
  { secret, issuer, clientId, clientKey = 'kakao-bot' }: Expectations,
) {
  const child = spawn('python3', [programOf('receiver.py'), issuer, clientId, clientKey], {
    env: environment({ HMAC_SECRET: secret }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    child.kill()
    await once(child, 'exit')
  })
  const lines = on(createInterface({ input: child.stdout }), 'line', { close: ['close'] })
  const nextLine = async (): Promise<string> => {
    const next = await lines.next()
    if (next.value === undefined) throw new Error('the Python receiver has ended')
    return next.value[0]
  }
  const url = `http://127.0.0.1:${await nextLine()}`
  return {
    callbackUrl: `${url}/users/callback`,
    unlinkUrl: `${url}/users/unlink`,
    /** What it took next, the tokens left out and the person's `sub` put in. */
    taken: async (): Promise<Record<string, unknown>> => JSON.parse(await nextLine()),
  }
}

/** interop/issue.py: asks a relay for a link, signed where there is a secret. */
export async function askByPython(relay: string, request: object, secret?: string) {
  const child = spawn('python3', [programOf('issue.py'), relay], {
    env: environment(secret === undefined ? {} : { ISSUE_SECRET: secret }),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const said = child.stdout.toArray()
  child.stdin.end(JSON.stringify(request))
  const answer = Buffer.concat(await said).toString()
  return JSON.parse(answer) as { status: number; body: { login_link?: string; detail?: string } }
}
