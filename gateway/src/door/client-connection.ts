import { isIP, type Socket, SocketAddress } from 'node:net'
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

  /** Who called: behind trusted proxies the last address that none of them vouches for. */
  callerAddress(table: RouteTable, forwardedFor: string | string[] | undefined): string {
    if (forwardedFor === undefined || !this.isTrustedProxy(table)) return this.address
    const chain = String(forwardedFor)
      .split(',')
      .map((part) => addressIn(part.trim()))
    const caller = chain.findLastIndex((address) => address === undefined || !table.isTrustedProxy(address))
    return chain[Math.max(0, caller)] ?? this.address
  }
}

/** The one spelling of an address, without the port that some proxies write behind it; undefined for anything else. */
function addressIn(text: string): string | undefined {
  const bare = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/.exec(text)
  const address = bare?.[1] ?? bare?.[2] ?? text
  const version = isIP(address)
  if (version !== 6) return version === 4 ? address : undefined
  const [unscoped = ''] = address.split('%', 1)
  return plainAddress(new SocketAddress({ address: unscoped, family: 'ipv6' }).address)
}

const plainAddress = (address: string | undefined): string => address?.replace(/^::ffff:/, '') ?? 'unknown'
