import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { RouteTable } from '../table/route-table.ts'
import { type Member, Roster } from './roster.ts'

/** Something that ends when its caller has gone. */
export interface Guest extends Member {
  clientGone(): void
}

const connections = new WeakMap<Socket, ClientConnection>()

/** What is the same for all requests of one connection, found out once. */
export class ClientConnection {
  readonly address: string
  readonly port: number
  readonly isEncrypted: boolean
  /** Several where requests are pipelined: a queued answer hears nothing of its own when the caller goes. */
  readonly guests = new Roster<Guest>()
  #table: RouteTable | undefined
  #isTrusted = false

  constructor(socket: Socket) {
    this.address = plainAddress(socket.remoteAddress)
    this.port = socket.localPort ?? 0
    this.isEncrypted = (socket as Partial<TLSSocket>).encrypted === true
    socket.once('close', () => {
      this.guests.visitAll((guest) => guest.clientGone())
    })
  }

  static of(socket: Socket): ClientConnection {
    const known = connections.get(socket)
    if (known !== undefined) return known
    const connection = new ClientConnection(socket)
    connections.set(socket, connection)
    return connection
  }

  isTrustedProxy(table: RouteTable): boolean {
    if (table !== this.#table) {
      this.#table = table
      this.#isTrusted = table.isTrustedProxy(this.address)
    }
    return this.#isTrusted
  }

  /** Who called, for logs: behind trusted proxies the last address that none of them vouches for. */
  callerAddress(table: RouteTable, forwardedFor: string | string[] | undefined): string {
    if (forwardedFor === undefined || !this.isTrustedProxy(table)) return this.address
    const chain = String(forwardedFor)
      .split(',')
      .map((part) => part.trim())
    const caller = chain.findLast((address) => !table.isTrustedProxy(address)) ?? chain[0]
    return caller !== undefined && /^[0-9A-Fa-f.:]{2,45}$/.test(caller) ? caller : this.address
  }
}

const plainAddress = (address: string | undefined): string => address?.replace(/^::ffff:/, '') ?? 'unknown'
