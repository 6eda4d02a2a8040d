import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Problem } from '@munjigi/problem'
import type { CanonicalTarget } from '../door/canonical.ts'
import { endSocket, refuseSocket } from '../door/refusal.ts'
import { CLIENT_CLOSED_REQUEST, type Recorders, Visit } from '../forwarding/visit.ts'
import { originNotAllowed } from '../problems.ts'
import type { RouteTable } from '../table/route-table.ts'
import { type Handshake, readHandshake, requireHandshake } from './handshake.ts'
import { handshakeMalformed } from './problems.ts'

const SWITCHED = 101
const NO_HANDSHAKE: Handshake = { tokens: [], query: undefined, protocols: [], bearer: undefined }

/** One WebSocket's handshake on its way through the gateway. */
export class SocketVisit extends Visit {
  readonly socket: Socket
  /** What the caller sent after its handshake; more waits in the socket, which nobody reads before the upstream agrees. */
  readonly head: Buffer
  handshake: Handshake = NO_HANDSHAKE
  readonly #left = new AbortController()
  readonly #leave = () => {
    this.finish(CLIENT_CLOSED_REQUEST)
    this.#left.abort()
  }

  constructor(request: IncomingMessage, socket: Socket, head: Buffer, table: RouteTable, recorders: Recorders) {
    super(request, table, recorders)
    this.socket = socket
    this.head = head
    socket.on('error', this.#leave)
    socket.on('close', this.#leave)
  }

  /** Aborted when the caller leaves before the handshake is done. */
  get left(): AbortSignal {
    return this.#left.signal
  }

  /** @throws Problem 400, 403 or 426 unless it is a handshake from an origin that may make one */
  override read(target: CanonicalTarget): void {
    requireHandshake(this.request)
    // Its answer would come after the switch, as if it were frames.
    if (this.connection.guests.size > 0) throw handshakeMalformed('Make the handshake on a connection of its own')
    if (this.request.headers.origin !== undefined && this.cors === undefined) throw originNotAllowed()
    super.read(target)
    this.handshake = readHandshake(this.request.rawHeaders, target.query)
    this.query = this.handshake.query
    this.tokens = this.handshake.tokens
  }

  accept(answer: string): void {
    this.socket.off('error', this.#leave)
    this.socket.off('close', this.#leave)
    this.socket.write(answer, 'latin1')
    this.finish(SWITCHED)
  }

  /** Passes the upstream's own refusal on. */
  decline(status: number, bytes: Buffer): void {
    endSocket(this.socket, bytes)
    this.finish(status)
  }

  refuse(error: unknown): void {
    if (this.isOver) return
    const problem: Problem = this.problemOf(error)
    refuseSocket(this.socket, problem, this.requestId, this.cors)
    this.finish(problem.status)
  }
}
