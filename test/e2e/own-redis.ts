import { type ChildProcess, spawn } from 'node:child_process'

export interface OwnRedis {
  url: string
  signal(signal: NodeJS.Signals): void
  restart(): Promise<void>
  flush(): Promise<void>
}

/** A Redis that may be killed. */
export async function startRedis(port: number, folder: string): Promise<OwnRedis & { end(): Promise<void> }> {
  let child: ChildProcess
  const command = async (...words: string[]) => {
    const cli = spawn('redis-cli', ['-p', String(port), ...words], { stdio: 'ignore' })
    return new Promise<number | null>((resolve) => cli.once('close', resolve))
  }
  const restart = async () => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
    child = spawn('redis-server', options, { stdio: 'ignore' })
    while ((await command('ping')) !== 0);
  }
  await restart()
  return {
    url: `redis://127.0.0.1:${port}`,
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    restart,
    flush: async () => void (await command('flushall')),
    end: async () => void child.kill('SIGKILL'),
  }
}
