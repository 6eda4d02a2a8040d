/** Of all who ask for the same key in one turn of the event loop one reads; it begins after the last of them has asked. */
export function sharedReads<Value>(): (key: string, read: () => Promise<Value>) => Promise<Value> {
  const asked = new Map<string, Promise<Value>>()
  return (key, read) => {
    const shared = asked.get(key)
    if (shared !== undefined) return shared
    const { promise, resolve } = Promise.withResolvers<Value>()
    asked.set(key, promise)
    setImmediate(() => {
      asked.delete(key)
      resolve(read())
    })
    return promise
  }
}
