/** What a text may look like where somebody forgot it: as it is, escaped, or inside of base64 at any of its three places. */
function looksOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const inside = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '')
    // The characters at both ends hold bits of the neighbours.
    const kept = text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6))
    return [kept, kept.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const escaped = [encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
  return [...new Set([secret, ...escaped, ...inside, bytes.toString('hex')])]
}

/** Names of the secrets that can be found in the text, in whatever look. */
export const foundIn = (text: string, secrets: Record<string, string>): string[] =>
  Object.entries(secrets)
    .filter(([, secret]) => looksOf(secret).some((look) => text.includes(look)))
    .map(([name]) => name)
