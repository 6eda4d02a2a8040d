import { tokenExpired } from '@munjigi/identity/claims'
import { Problem } from '@munjigi/problem'
import { accessUnknown } from '../problems.ts'
import type { Route } from '../table/route.ts'
import type { AccessChanges } from './access-changes.ts'
import { personName } from './access-records.ts'
import type { Authenticate } from './authenticate.ts'
import { authorize } from './authorize.ts'
import { keyName } from './exchange.ts'
import type { Principal } from './principal.ts'
import { sessionEnded } from './problems.ts'

const TICK_MS = 500
/** While messages arrive, looking now and then finds out what a lost one would have said. */
const LOOK_AGAIN_MS = 60_000
const RETRY_MS = 1_000
/** As long as a record may be stale. */
const UNCONFIRMED_MS = 60_000
const CLOCK_SKEW_MS = 30_000
/** Even if everybody's rights change at once, user is not asked more questions at a time. */
const MAX_LOOKS_AT_ONCE = 64

export interface WatchedSocket {
  /** After a reload: checks the right again, by the route of the new table. */
  move(route: Route): void
  /** To be called when the socket has closed. */
  stop(): void
}

interface Watched {
  readonly principal: Principal
  readonly names: readonly string[]
  readonly endsAt: number
  readonly end: (why: Problem) => void
  route: Route
  confirmedAt: number
  nextLookAt: number
}

interface SocketRightsDeps {
  authenticate: Authenticate
  changes: AccessChanges
}

/** The close code of a WebSocket whose right is gone: credential, section or role, or user not asked for too long. */
export const closeCodeOf = ({ status }: Problem): number => (status === 401 ? 4401 : status === 403 ? 4403 : 1013)

/** Ends open WebSockets when the right to them ends: after messages, with the caller's own token, and by looking. */
export class SocketRights {
  readonly #authenticate: Authenticate
  readonly #changes: AccessChanges
  readonly #ticking: NodeJS.Timeout
  readonly #sockets = new Set<Watched>()
  /** The sockets that wait to be checked; true where a change was announced, and a right that cannot be confirmed now has ended. */
  readonly #due = new Map<Watched, boolean>()
  #looks = 0

  constructor({ authenticate, changes }: SocketRightsDeps) {
    this.#authenticate = authenticate
    this.#changes = changes
    changes.onChange((names) => this.#lookAtThose(names))
    this.#ticking = setInterval(() => this.#tick(), TICK_MS).unref()
  }

  /** Looks after the right of an open WebSocket to be there; `end` is called once, with why it is gone. */
  watch(principal: Principal, route: Route, end: (why: Problem) => void): WatchedSocket {
    const now = Date.now()
    const socket: Watched = {
      principal,
      names: namesOf(principal),
      endsAt: endOf(principal, now),
      end,
      route,
      confirmedAt: now,
      nextLookAt: now + LOOK_AGAIN_MS,
    }
    this.#sockets.add(socket)
    return {
      move: (next) => {
        socket.route = next
        this.#queue(socket, false)
        this.#lookAtDue()
      },
      stop: () => void this.#sockets.delete(socket),
    }
  }

  close(): void {
    clearInterval(this.#ticking)
  }

  #lookAtThose(names: readonly string[] | undefined): void {
    for (const socket of this.#sockets)
      if (names === undefined || socket.names.some((name) => names.includes(name)))
        this.#queue(socket, names !== undefined)
    this.#lookAtDue()
  }

  #tick(): void {
    const now = Date.now()
    for (const socket of this.#sockets) {
      if (now >= socket.endsAt) this.#finish(socket, tokenExpired())
      else if (now >= socket.nextLookAt || !this.#changes.isHeard) this.#queue(socket, false)
    }
    this.#lookAtDue()
  }

  #queue(socket: Watched, isAnnounced: boolean): void {
    this.#due.set(socket, isAnnounced || this.#due.get(socket) === true)
  }

  #lookAtDue(): void {
    for (const [socket, isAnnounced] of this.#due) {
      if (this.#looks >= MAX_LOOKS_AT_ONCE) return
      this.#due.delete(socket)
      if (this.#sockets.has(socket)) this.#look(socket, isAnnounced)
    }
  }

  #look(socket: Watched, isAnnounced: boolean): void {
    if (socket.route.rule.access === 'open') return
    try {
      const found = this.#authenticate(socket.principal.caller, socket.route)
      if (found instanceof Promise) this.#confirmLater(socket, found, isAnnounced)
      else this.#confirm(socket, found)
    } catch (error) {
      this.#doubt(socket, error, isAnnounced)
    }
  }

  #confirmLater(socket: Watched, found: Promise<Principal>, isAnnounced: boolean): void {
    this.#looks += 1
    found
      .then((principal) => this.#confirm(socket, principal))
      .catch((error) => this.#doubt(socket, error, isAnnounced))
      .finally(() => {
        this.#looks -= 1
        this.#lookAtDue()
      })
  }

  #confirm(socket: Watched, principal: Principal): void {
    authorize(principal, socket.route)
    // The upstream goes on believing the subject it was told at the handshake.
    if (principal.token?.subject !== socket.principal.token?.subject) throw sessionEnded()
    socket.confirmedAt = Date.now()
    socket.nextLookAt = socket.confirmedAt + LOOK_AGAIN_MS
  }

  #doubt(socket: Watched, error: unknown, isAnnounced: boolean): void {
    const problem = error instanceof Problem ? error : accessUnknown(error)
    const isKnown = problem.status < 500
    if (isKnown || isAnnounced || Date.now() - socket.confirmedAt >= UNCONFIRMED_MS) this.#finish(socket, problem)
    else socket.nextLookAt = Date.now() + RETRY_MS
  }

  #finish(socket: Watched, why: Problem): void {
    if (this.#sockets.delete(socket)) socket.end(why)
  }
}

/** A token exchanged for the caller's own ends no socket: it is renewed at the next look. */
function endOf({ own }: Principal, now: number): number {
  if (own === undefined) return Number.POSITIVE_INFINITY
  const end = own.exp * 1000
  return end > now ? end : end + CLOCK_SKEW_MS
}

function namesOf({ own, token }: Principal): string[] {
  const names: string[] = []
  for (const { issuer, sub, sid } of new Set([own, token].filter((each) => each !== undefined))) {
    names.push(personName(issuer.issuer, sub))
    if (sid !== undefined) names.push(keyName(sid))
  }
  return names
}
