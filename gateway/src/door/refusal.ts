import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { X_REQUEST_ID } from '@munjigi/contracts/headers'
import type { Problem } from '@munjigi/problem'

const LINGER_BYTES = 256 * 1024
const LINGER_MS = 2000
const CLOSING_MS = 1000

/** Answers a refusal as problem+json. */
export function answerProblem(
  response: ServerResponse,
  problem: Problem,
  requestId: string,
  cors: readonly string[] | undefined,
): void {
  const { req: request } = response
  const body = Buffer.from(JSON.stringify(problem.body(requestId)))
  const headers = problemHeaders(problem, requestId, cors, body.length)
  if (isTooMuchToDiscard(request)) {
    response.writeHead(problem.status, [...headers, 'connection', 'close'])
    response.write(body)
    // Ended before, Node would close under somebody who is still sending, and the answer would be lost with the connection.
    request.once('end', () => response.end())
  } else {
    response.writeHead(problem.status, headers)
    response.end(body)
  }
  if (!request.complete) discardBody(request)
}

const isTooMuchToDiscard = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && Number(headers['content-length']) > LINGER_BYTES

function problemHeaders(
  problem: Problem,
  requestId: string,
  cors: readonly string[] | undefined,
  length: number,
): string[] {
  const headers = [
    'content-type',
    'application/problem+json',
    'content-length',
    String(length),
    X_REQUEST_ID,
    requestId,
  ]
  for (const name in problem.headers) headers.push(name, problem.headers[name] as string)
  if (cors !== undefined) headers.push(...cors)
  return headers
}

/** The same as bytes, for a socket that has no response object: the connection ends with it. */
function problemText(problem: Problem, requestId: string, cors?: readonly string[]): string {
  const body = JSON.stringify(problem.body(requestId))
  const headers = problemHeaders(problem, requestId, cors, Buffer.byteLength(body))
  const lines = [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`]
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i] !== 'connection') lines.push(`${headers[i]}: ${headers[i + 1]}`)
  return `${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`
}

/** Answers on a socket that has no response object, and ends it. */
export function refuseSocket(
  socket: Socket,
  problem: Problem,
  requestId: string = randomUUID(),
  cors?: readonly string[],
): void {
  socket.on('error', () => socket.destroy())
  if (!socket.writable || hasAnswerUnderWay(socket)) {
    socket.destroy()
    return
  }
  endSocket(socket, problemText(problem, requestId, cors))
}

/** Says the last of a connection, and waits only a moment for the other side to close it too. */
export function endSocket(socket: Socket, last: string | Buffer): void {
  socket.end(last)
  setTimeout(() => socket.destroy(), CLOSING_MS).unref()
}

/** With requests in a row an answer put in here would be taken for that of an earlier one, whose body has come whole. */
function hasAnswerUnderWay({ _httpMessage: answer }: Socket & { _httpMessage?: ServerResponse | null }): boolean {
  return answer != null && (answer.headersSent || answer.req.complete)
}

/** Reads on a little, so that the caller gets to see the answer, but never without end. */
export function discardBody(request: IncomingMessage): void {
  let left = LINGER_BYTES
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref()
  request.removeAllListeners('data')
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) request.socket.destroy()
  })
  request.once('close', () => clearTimeout(timer))
  request.resume()
}
