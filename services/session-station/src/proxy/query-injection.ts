/** The target with each pair in its query; what the caller sent under the same name, in any spelling, is left out. */
export function withQuery(target: string, pairs: readonly (readonly [key: string, value: string])[]): string {
  if (pairs.length === 0) return target
  const at = target.indexOf('?')
  const path = at < 0 ? target : target.slice(0, at)
  const taken = new Set(pairs.map(([key]) => nameOf(key)))
  // Some servers take `;` for `&`; the separators of what stays are the caller's.
  const kept = target.slice(path.length + 1).replace(/[&;]?[^&;]+/g, (pair) => (taken.has(nameIn(pair)) ? '' : pair))
  const ours = pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&')
  return `${path}?${kept === '' ? '' : `${kept.replace(/^[&;]/, '')}&`}${ours}`
}

/** Servers differ in case, in what surrounds a name, and in what an array is: `key[]`, `key[0]` and `KEY` are `key`. */
const nameOf = (key: string): string => key.trim().toLowerCase().replace(/\[.*$/s, '')

function nameIn(pair: string): string {
  const [name = ''] = pair.replace(/^[&;]/, '').split('=', 1)
  const bytes = name
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return nameOf(Buffer.from(bytes, 'latin1').toString('utf8'))
}
