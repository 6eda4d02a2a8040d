/** Which of the planted texts stand in `text`: as they are, in JSON, percent-encoded, as a form, in hex, or in base64 at any offset. */
export const foundIn = (text: string, planted: readonly string[]): string[] =>
  planted.filter((one) => spellings(one).some((spelling) => text.includes(spelling)))

function spellings(text: string): string[] {
  const bytes = Buffer.from(text)
  const percent = encodeURIComponent(text)
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    percent,
    percent.toLowerCase(),
    percent.replace(/%../g, (octet) => octet.toLowerCase()),
    new URLSearchParams({ '': text }).toString().slice(1),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((offset) => base64At(offset, bytes)),
  ]
}

/** The characters at both ends hold bits of the neighbours and are left out. */
function base64At(offset: number, bytes: Buffer): string[] {
  const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
  const [first, end] = [Math.ceil((offset * 8) / 6), Math.floor((shifted.length * 8) / 6)]
  return (['base64', 'base64url'] as const).map((alphabet) => shifted.toString(alphabet).slice(first, end))
}
