import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect } from '@munjigi/db/connect'
import { keyRing } from '@munjigi/sealing/fernet'
import { sealedText } from '@munjigi/sealing/sealed-text'
import { redisStore } from '@munjigi/store/redis'
import { sql } from 'kysely'
import { parseAllowed } from '../egress/allowed-ranges.ts'
import { createEgress } from '../egress/create-egress.ts'
import { servingHandle } from '../serving-handle.ts'
import { createContexts } from './contexts.ts'
import { untilAnswers } from './until-answers.fixture.ts'

const FILE = fileURLToPath(import.meta.url)

interface ProcessSettings {
  databaseUrl: string
  redisUrl: string
  prefix: string
  key: string
  /** How far its clock is ahead. */
  aheadMs?: number
}

interface Question {
  service: string
  callers: number
  force: boolean
}

/** Contexts in a process of their own; each question is asked by several callers at once, answered by header or refusal. */
export async function stationProcess(settings: ProcessSettings) {
  const child = fork(FILE, [JSON.stringify(settings)], { execArgv: [], stdio: 'inherit' })
  await once(child, 'message')
  return {
    async ask(service: string, { callers = 1, force = false } = {}): Promise<string[]> {
      const answered = once(child, 'message')
      child.send({ service, callers, force } satisfies Question)
      const [answers] = await answered
      return answers
    },
    stop: () => void child.kill('SIGSTOP'),
    go: () => void child.kill('SIGCONT'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function run({ databaseUrl, redisUrl, prefix, key, aheadMs = 0 }: ProcessSettings) {
  const db = servingHandle(connect(databaseUrl))
  const store = redisStore(redisUrl, prefix)
  const contexts = createContexts({
    db,
    store,
    sealing: sealedText(keyRing(key)),
    egress: createEgress({ allow: parseAllowed('127.0.0.1') }),
    now: () => Date.now() + aheadMs,
    log: { info() {}, warn() {} },
  })
  process.on('message', async ({ service, callers, force }: Question) => {
    const calls = Array.from({ length: callers }, () => contexts.find('lee', service, { force }))
    const outcomes = await Promise.allSettled(calls)
    process.send?.(
      outcomes.map((outcome) =>
        outcome.status === 'fulfilled'
          ? outcome.value.context.headers.Authorization
          : (outcome.reason?.type ?? String(outcome.reason)),
      ),
    )
  })
  // Whoever begins on a busy machine must not take for away what has not been reached yet.
  await Promise.all([untilAnswers(store.isAlive), untilAnswers(() => sql`select`.execute(db))])
  process.send?.('ready')
}

if (process.argv[1] === FILE) await run(JSON.parse(process.argv[2] ?? ''))
