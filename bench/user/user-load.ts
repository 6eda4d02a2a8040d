// Signs one person in after another; refreshes sessions, each with the token that it got the last time; asks for one person's access
// record after another's; or for nothing.
import { INTERNAL_USER_PATH } from '@munjigi/contracts/access'
import { X_INTERNAL_KEY } from '@munjigi/contracts/headers'
import { Pool } from 'undici'
import { run } from '../load.ts'
import { emailOf, PASSWORD, SESSIONS, subOf, WITH_PASSWORD } from './house.ts'
import { INTERNAL_KEY, PLATFORM } from './service.ts'

interface Asked {
  port: number
  connections: number
  ms: number
}
/** The first refresh tokens are told once; `people`: of how many records are asked for. */
export type UserLoad =
  | { refreshTokens: string[] }
  | (Asked & ({ work: 'logins' } | { work: 'refreshes' } | { work: 'nothing' } | { work: 'records'; people: number }))

export interface Answered {
  done: number
  failed: number
  seconds: number
}

/** By session, the one refreshed longest ago first. */
const tokens: string[] = []

async function refresh({ port, connections, ms }: Asked): Promise<Answered> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections })
  let done = 0
  let failed = 0
  const begun = performance.now()
  const line = async () => {
    while (performance.now() - begun < ms) {
      const refresh_token = tokens.shift()
      const { statusCode, body } = await pool.request({
        path: '/api/auth/v1/refresh',
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-real-ip': '10.0.0.1', 'user-agent': 'bench' },
        body: JSON.stringify({ refresh_token }),
      })
      const answer = (await body.json()) as { refresh_token: string }
      done += 1
      if (statusCode === 200) tokens.push(answer.refresh_token)
      else failed += 1
    }
  }
  await Promise.all(Array.from({ length: connections }, line))
  const seconds = (performance.now() - begun) / 1_000
  await pool.close()
  return { done, failed, seconds }
}

function loginRequest(port: number, index: number): Buffer {
  const email = emailOf(SESSIONS + 1 + (index % (WITH_PASSWORD - SESSIONS)))
  const body = JSON.stringify({ email, password: PASSWORD })
  return Buffer.from(
    `POST /api/auth/v1/login HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-real-ip: 10.0.0.1\r\nuser-agent: bench\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}

function recordRequest(port: number, index: number): Buffer {
  const query = new URLSearchParams({ issuer: PLATFORM, sub: subOf(index) })
  return Buffer.from(
    `GET ${INTERNAL_USER_PATH}/access?${query} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${X_INTERNAL_KEY}: ${INTERNAL_KEY}\r\n\r\n`,
  )
}

const nothingRequest = (port: number): Buffer => Buffer.from(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`)

process.on('message', async (load: UserLoad) => {
  if ('refreshTokens' in load) {
    tokens.push(...load.refreshTokens)
    process.send?.('ready')
  } else if (load.work === 'refreshes') process.send?.(await refresh(load))
  else if (load.work === 'logins') process.send?.(await run(load, (index) => loginRequest(load.port, index)))
  else if (load.work === 'nothing') process.send?.(await run(load, () => nothingRequest(load.port)))
  else process.send?.(await run(load, (index) => recordRequest(load.port, (index % load.people) + 1)))
})
