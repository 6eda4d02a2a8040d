const VERSION = /^v\d+$/

/** The one form of a module's name: lower case, `_` as `-`. */
export const moduleName = (name: string): string => name.toLowerCase().replaceAll('_', '-')

/**
 * Whether a token held to `scope` reaches `insidePath` (`/v1/proxy/…`) of `module`. A scope is `<module>` or
 * `<module>:<part>`, the part being the first segment after the version (DESIGN §8); undefined holds to nothing.
 */
export function isInScope(scope: readonly string[] | undefined, module: string, insidePath: string): boolean {
  if (scope === undefined) return true
  const key = moduleName(module)
  const part = partOf(insidePath)
  return scope.some((text) => {
    const colon = text.indexOf(':')
    if (colon < 0) return moduleName(text) === key
    return moduleName(text.slice(0, colon)) === key && text.slice(colon + 1) === part
  })
}

function partOf(insidePath: string): string | undefined {
  const [, first = '', second] = insidePath.split('/', 3)
  return (VERSION.test(first) ? second : first) || undefined
}
