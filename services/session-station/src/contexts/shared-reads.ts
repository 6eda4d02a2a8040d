/** Of all who ask for the same key in one turn of the event loop one reads; it begins after the last of them has asked. */
export function sharedReads<Value>(read: (key: string) => Promise<Value>): (key: string) => Promise<Value> {
  const asked = new Map<string, Promise<Value>>()
  return (key) => {
    const shared = asked.get(key)
    if (shared !== undefined) return shared
    const { promise, resolve } = Promise.withResolvers<Value>()
    asked.set(key, promise)
    setImmediate(() => {
      asked.delete(key)
      resolve(read(key))
    })
    return promise
  }
}
