const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** RFC 9110 §5.6.2: the form of a header's and of a cookie's name. */
export const isToken = (text: string): boolean => TOKEN.test(text)

const FORBIDDEN = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'set-cookie',
  'set-cookie2',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-internal-key',
  'x-real-ip',
  'x-relay-signature',
  'x-user-sub',
])
const FORBIDDEN_FAMILY = /^(?:proxy|x-forwarded)(?:-|$)/

/** Headers that frame a message, name its way, or speak for somebody in our own house: no profile may set them, however spelled. */
export function forbiddenHeader(name: string): boolean {
  // Servers that hand headers on as variables read `X_User_Sub`, `x.user.sub` and `X-User-Sub` as one.
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')
  return FORBIDDEN.has(plain) || FORBIDDEN_FAMILY.test(plain)
}

/** What keeps a text from being a header's value; undefined where nothing does. */
export function headerValueFault(name: string, value: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) return 'a header cannot hold a line break, NUL or another control character'
  if (/[^\0-\xff]/.test(value)) return 'a header cannot hold characters beyond Latin-1'
  // Both log a connection in and not a request: what is sent over a shared connection next would be somebody else's.
  if (name.toLowerCase() === 'authorization' && /^\s*(?:ntlm|negotiate)(?:\s|$)/i.test(value))
    return 'NTLM and Negotiate log a connection in, not a request'
  return undefined
}

/** What keeps a text from being a cookie's value: as lenient as a browser is, which sends what was set (RFC 6265 §5.4). */
export function cookieValueFault(value: string): string | undefined {
  return value.includes(';') ? 'a cookie cannot hold a semicolon' : headerValueFault('cookie', value)
}
