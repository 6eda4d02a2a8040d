/** Every way in which a text can stand in another: plain, in JSON, percent-encoded, in base64 at any alignment, in hex. */
function spellings(text: string): string[] {
  const bytes = Buffer.from(text)
  const aligned = [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    // What the neighbours share in is left out at both ends.
    const middle = whole.slice(shift === 0 ? 0 : 4, -4)
    return [middle, middle.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const percent = encodeURIComponent(text)
  const form = new URLSearchParams([['', text]]).toString().slice(1)
  return [
    ...new Set([
      text,
      JSON.stringify(text).slice(1, -1),
      percent,
      percent.toLowerCase(),
      form,
      bytes.toString('hex'),
      ...aligned,
    ]),
  ]
}

/** Which of the texts stand in `haystack`, however spelled. */
export const foundIn = (haystack: string, texts: readonly string[]): string[] =>
  texts.filter((text) => spellings(text).some((spelling) => haystack.includes(spelling)))
