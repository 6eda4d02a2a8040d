import { pino } from 'pino'

const LUMP_BYTES = 15 * 1024
const FLUSH_MS = 500
/** What is kept when the reader of the log stands still; lines beyond it are lost, requests are not. */
const BACKLOG_BYTES = 16 * 1024 * 1024

/** Takes lines of text, each ending in a newline. */
export interface LineSink {
  write(text: string): unknown
}

/** What is said of a request: the rule's pattern and never its path or query, for paths carry secrets too. */
export interface AccessLine {
  method: string
  module: string | undefined
  pattern: string | undefined
  status: number
  /** Milliseconds. */
  duration: number
  subject: string | undefined
  client: string
  requestId: string
}

/** Standard output in lumps, written asynchronously and flushed at exit. */
export const standardOutput = (): LineSink =>
  pino.destination({
    dest: 1,
    sync: false,
    minLength: LUMP_BYTES,
    maxLength: BACKLOG_BYTES,
    periodicFlush: FLUSH_MS,
  })

/** One line as text: a serialiser costs more than the rest of the line. Only the subject can hold a quote. */
export function accessLine(line: AccessLine): string {
  const route = line.module === undefined ? '' : `"module":"${line.module}","route":${JSON.stringify(line.pattern)},`
  const subject = line.subject === undefined ? '' : `"subject":${JSON.stringify(line.subject)},`
  return `{"level":30,"time":${Date.now()},"name":"gateway","method":"${line.method}",${route}"status":${line.status},"ms":${Math.round(line.duration * 10) / 10},${subject}"client":"${line.client}","request_id":"${line.requestId}","msg":"request"}\n`
}
