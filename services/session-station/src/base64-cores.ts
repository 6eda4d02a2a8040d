/**
 * What base64 of any text that holds these bytes shows of them whatever their neighbours are, by their offset within three
 * bytes (RFC 4648 §4); the characters at both ends hold bits of the neighbours and are left out.
 */
export function base64Cores(bytes: Buffer, alphabet: 'base64' | 'base64url'): string[] {
  return [0, 1, 2].map((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
    return shifted.toString(alphabet).slice(Math.ceil((offset * 8) / 6), Math.floor((shifted.length * 8) / 6))
  })
}
