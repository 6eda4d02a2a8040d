import type { Socket } from 'node:net'
import type { Principal } from '../admission/principal.ts'
import { closeCodeOf, type SocketRights, type WatchedSocket } from '../admission/socket-rights.ts'
import type { CanonicalTarget } from '../door/canonical.ts'
import type { Patience } from '../door/patience.ts'
import type { Upstream } from '../forwarding/upstream.ts'
import { shuttingDown } from '../problems.ts'
import type { Route } from '../table/route.ts'
import type { RouteTable } from '../table/route-table.ts'
import { dial, refusalBytes } from './dial.ts'
import { GOING_AWAY, SERVICE_RESTART } from './frames.ts'
import { Relay } from './relay.ts'
import type { SocketVisit } from './socket-visit.ts'

/** A WebSocket from the moment it may be, even while its handshake upstream is still under way. */
class OpenSocket {
  readonly module: string
  readonly target: CanonicalTarget
  relay: Relay | undefined
  watched: WatchedSocket | undefined
  #end: { code: number; reason: string } | undefined

  constructor(module: string, target: CanonicalTarget) {
    this.module = module
    this.target = target
  }

  start(relay: Relay): void {
    this.relay = relay
    if (this.#end !== undefined) relay.close(this.#end.code, this.#end.reason)
  }

  end(code: number, reason: string): void {
    this.#end ??= { code, reason }
    this.relay?.close(code, reason)
  }

  follow(table: RouteTable): void {
    const route = matchQuietly(table, this.target)
    if (route === undefined) this.end(SERVICE_RESTART, 'the route was removed')
    else this.watched?.move(route)
  }
}

function matchQuietly(table: RouteTable, target: CanonicalTarget): Route | undefined {
  try {
    return table.match(target, 'GET')
  } catch {
    // The method is no longer allowed there: gone as well.
    return undefined
  }
}

/** All WebSockets that are open. */
export class Sockets {
  readonly #open = new Set<OpenSocket>()
  readonly #rights: SocketRights
  readonly #patience: Patience
  #isDraining = false

  constructor(rights: SocketRights, patience: Patience) {
    this.#rights = rights
    this.#patience = patience
  }

  /** Makes the handshake with the service and joins the two. @throws Problem 502, 503 or 504 */
  async join(visit: SocketVisit, upstream: Upstream): Promise<void> {
    if (this.#isDraining) throw shuttingDown()
    const route = visit.route as Route
    const open = new OpenSocket(route.module, visit.target as CanonicalTarget)
    open.watched = this.#rights.watch(visit.principal as Principal, route, (why) =>
      open.end(closeCodeOf(why), why.title),
    )
    this.#open.add(open)
    try {
      await this.#connect(visit, upstream, open)
    } finally {
      if (open.relay === undefined) this.#forget(open)
    }
  }

  /** After a reload: sockets whose route is gone end, the others' rights are looked at by the new rules. */
  follow(table: RouteTable): void {
    for (const open of this.#open) open.follow(table)
  }

  /** No more are opened, and those that are open are told to go elsewhere. */
  drain(): void {
    this.#isDraining = true
    for (const open of this.#open) open.end(GOING_AWAY, 'the gateway is being stopped')
  }

  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { module } of this.#open) counts.set(module, (counts.get(module) ?? 0) + 1)
    return counts
  }

  async #connect(visit: SocketVisit, upstream: Upstream, open: OpenSocket): Promise<void> {
    const dialled = await dial(visit, upstream)
    if (!('socket' in dialled)) {
      visit.decline(dialled.status, refusalBytes(dialled))
      return
    }
    if (visit.isOver) {
      dialled.socket.destroy()
      return
    }
    visit.accept(dialled.answer)
    giveBack(visit.socket, visit.head)
    giveBack(dialled.socket, dialled.head)
    open.start(
      new Relay({
        client: visit.socket,
        upstream: dialled.socket,
        maxMessageBytes: upstream.settings.maxMessageBytes,
        idleTimeoutMs: upstream.settings.idleTimeoutMs,
        patience: this.#patience,
        onEnd: () => this.#forget(open),
      }),
    )
  }

  #forget(open: OpenSocket): void {
    open.watched?.stop()
    this.#open.delete(open)
  }
}

/** What came with the handshake is read again, as the first bytes of the socket. */
function giveBack(socket: Socket, head: Buffer): void {
  if (head.length > 0) socket.unshift(head)
}
