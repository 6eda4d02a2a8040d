/** Somebody who may stand on one roster. */
export interface Member {
  place: number
}

export const NOWHERE = -1

/**
 * A set whose members know their place. Not a Set where members come and go with every request: each table that a Set
 * grows out of keeps the next one alive, and with it every request since the last full garbage collection.
 */
export class Roster<M extends Member> {
  readonly #members: M[] = []

  get size(): number {
    return this.#members.length
  }

  add(member: M): void {
    member.place = this.#members.push(member) - 1
  }

  delete(member: M): void {
    if (member.place === NOWHERE) return
    const last = this.#members.pop() as M
    if (last !== member) {
      this.#members[member.place] = last
      last.place = member.place
    }
    member.place = NOWHERE
  }

  /** From the last to the first, so that whoever is visited may leave. */
  visitAll(visit: (member: M) => void): void {
    for (let place = this.#members.length - 1; place >= 0; place--) {
      const member = this.#members[place]
      if (member !== undefined) visit(member)
    }
  }
}
