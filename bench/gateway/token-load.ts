import { type Load, run } from '../load.ts'

/** GETs of a path by bearer tokens in rotation. */
export interface TokenLoad extends Load {
  path: string
  tokens: string[]
}

process.on('message', async (load: TokenLoad) => {
  const requests = load.tokens.map((token) =>
    Buffer.from(
      `GET ${load.path} HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer ${token}\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n`,
    ),
  )
  process.send?.(await run(load, (index) => requests[index % requests.length] as Buffer))
})
