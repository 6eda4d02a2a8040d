import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Guest } from '../door/client-connection.ts'
import { preflightHeaders } from '../door/cors.ts'
import { answerProblem, discardBody } from '../door/refusal.ts'
import { NOWHERE } from '../door/roster.ts'
import { originNotAllowed } from '../problems.ts'
import type { RouteTable } from '../table/route-table.ts'
import { CLIENT_CLOSED_REQUEST, type Recorders, Visit } from './visit.ts'

/** One HTTP request on its way through the gateway, with its answer. */
export class Passage extends Visit implements Guest {
  readonly response: ServerResponse
  /** The caller waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean
  /** What ends with this request. */
  guest: Guest | undefined
  place = NOWHERE

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    table: RouteTable,
    recorders: Recorders,
  ) {
    super(request, table, recorders)
    this.response = response
    this.expectsContinue = expectsContinue
    this.connection.guests.add(this)
  }

  get isPreflight(): boolean {
    return this.request.method === 'OPTIONS' && this.request.headers['access-control-request-method'] !== undefined
  }

  answerPreflight(): void {
    const { headers } = this.request
    const { 'access-control-request-method': method, 'access-control-request-headers': names } = headers
    if (this.cors === undefined) {
      this.refuse(originNotAllowed())
      return
    }
    this.response.writeHead(204, preflightHeaders(this.cors, method as string, names))
    this.response.end()
    if (!this.request.complete) discardBody(this.request)
    this.finish(204)
  }

  refuse(error: unknown): void {
    if (this.isOver) return
    const problem = this.problemOf(error)
    answerProblem(this.response, problem, this.requestId, this.cors)
    this.finish(problem.status)
  }

  /** An answer that broke off in the middle must look broken to the caller, never complete. */
  breakOff(): void {
    const { socket } = this.request
    if (this.connection.isEncrypted) socket.destroy()
    else socket.resetAndDestroy()
  }

  clientGone(): void {
    if (this.isOver) return
    this.finish(this.response.headersSent ? this.response.statusCode : CLIENT_CLOSED_REQUEST)
    this.guest?.clientGone()
  }

  override finish(status: number): void {
    this.connection.guests.delete(this)
    super.finish(status)
  }
}
