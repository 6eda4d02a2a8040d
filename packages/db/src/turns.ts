import { deadline } from '@munjigi/deadline'

/** Lets one holder in at a time, in order. A wait beyond the limit throws: a statement behind its own transaction is an error and not a hang. */
export class Turns {
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  async take(limitMs: number): Promise<() => void> {
    if (this.#isTaken) await this.#wait(limitMs)
    this.#isTaken = true
    return () => this.#pass()
  }

  #wait(limitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        callOff()
        resolve()
      }
      const callOff = deadline(limitMs, () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(
          new Error('the one connection was not free in time: does a transaction wait for a statement outside it?'),
        )
      })
      this.#waiting.push(enter)
    })
  }

  #pass() {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#isTaken = false
  }
}
