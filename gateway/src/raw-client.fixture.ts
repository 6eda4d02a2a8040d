import { connect, type Socket } from 'node:net'

const KEPT_BYTES = 256 * 1024

/** Bytes on a connection of one's own, for what HTTP libraries would tidy up. */
export class RawClient {
  readonly socket: Socket
  text = ''
  bytes = Buffer.alloc(0)
  isClosed = false
  #waiting: (() => void)[] = []

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk) => {
      if (this.bytes.length < KEPT_BYTES) {
        this.bytes = Buffer.concat([this.bytes, chunk])
        this.text = this.bytes.toString('latin1')
      }
      this.#wake()
    })
    const gone = () => {
      this.isClosed = true
      this.#wake()
    }
    this.socket.on('end', gone)
    this.socket.on('close', gone)
  }

  send(text: string | Buffer): this {
    this.socket.write(text)
    return this
  }

  /** Resolves once what has come fulfils the condition. */
  async until(condition: (client: RawClient) => boolean): Promise<this> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this
  }

  seen(text: string): Promise<this> {
    return this.until((client) => client.text.includes(text))
  }

  /** Resolves when the other side has ended the connection, and ends it on this side too. */
  async closed(): Promise<this> {
    await this.until((client) => client.isClosed)
    this.socket.destroy()
    return this
  }

  get status(): number {
    return Number(this.text.slice(9, 12))
  }

  /** `<status> <problem type>` of the last answer. */
  get refusal(): string {
    const type = /"type":"\/problems\/([a-z-]+)"/.exec(this.text)?.[1]
    return `${this.status} ${type}`
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** One request as bytes, and what came back before the connection ended. */
export const raw = (port: number, text: string): Promise<RawClient> => new RawClient(port).send(text).closed()
