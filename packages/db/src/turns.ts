const WAIT_LIMIT_MS = 5_000

/** Lets one holder in at a time, in order; a wait of 5 s throws, so that a statement behind its own transaction is an error and not a hang. */
export class Turns {
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  async take(): Promise<() => void> {
    if (this.#isTaken) await this.#wait()
    this.#isTaken = true
    return () => this.#pass()
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(limit)
        resolve()
      }
      const limit = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(new Error('the database connection was not free within 5 s: is a transaction waiting for another?'))
      }, WAIT_LIMIT_MS)
      this.#waiting.push(enter)
    })
  }

  #pass() {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#isTaken = false
  }
}
