import type { Store } from '@munjigi/store/store'

/** A store's subscriptions, and when the next message has been heard. */
export function hearing(store: Store) {
  let hear = () => {}
  const subscribe: Store['subscribe'] = (channel, listener) => {
    const message = (text: string) => {
      listener.message(text)
      hear()
    }
    return store.subscribe(channel, { ...listener, message })
  }
  const heard = () =>
    new Promise<void>((resolve) => {
      hear = resolve
    })
  return { subscribe, heard }
}
