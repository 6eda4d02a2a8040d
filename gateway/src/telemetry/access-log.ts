/** Takes lines of ASCII, each ending in a newline. */
export interface LineSink {
  write(line: string): unknown
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

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const NOT_ASCII = /[^\x20-\x7e]/g

/** One line as ASCII text: a serialiser costs more than the rest of the line. */
export function accessLine(line: AccessLine): string {
  const route = line.module === undefined ? '' : `"module":"${line.module}","route":${quoted(line.pattern as string)},`
  const subject = line.subject === undefined ? '' : `"subject":${quoted(line.subject)},`
  return `{"level":30,"time":${Date.now()},"name":"gateway","method":"${line.method}",${route}"status":${line.status},"ms":${Math.round(line.duration * 10) / 10},${subject}"client":"${line.client}","request_id":"${line.requestId}","msg":"request"}\n`
}

const quoted = (text: string): string =>
  PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replace(NOT_ASCII, escaped)

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
