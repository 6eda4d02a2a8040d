/** No spelling is shorter. */
const WINDOW = 8
/** A search of more comparisons is one that a target has made costly, by secrets of its own choice and answers that nearly match. */
const COMPARED_CHARACTERS = 20_000_000

/** One search through what belongs together; what it has no more work for is passed over. */
export interface SpellingSearch {
  /** The text with an asterisk for each character of what was found: leftmost first, the longest there. */
  masked(text: string): string
  /** How many of the last characters of a text are the beginning of a spelling that the next one may finish. */
  unfinishedEnd(text: string): number
}

/**
 * Finds spellings, the longest first, in texts of one character a byte. An expression finds only how they begin: of many long
 * ones whole it would be too large to be made.
 */
export function spellingSearch(spellings: readonly string[]): () => SpellingSearch {
  const byWindow = Map.groupBy(spellings, (spelling) => spelling.slice(0, WINDOW))
  const beginnings = new Set([...byWindow.keys()].flatMap((start) => [...start].map((_, at) => start.slice(0, at + 1))))
  const window = new RegExp([...byWindow.keys()].map(literally).join('|'), 'g')
  const firsts = new Set(spellings.map((spelling) => spelling.charCodeAt(0)))
  const longest = spellings[0]?.length ?? 0

  const candidatesAt = (text: string, at: number) => byWindow.get(text.slice(at, at + WINDOW)) ?? []

  function windowAfter(text: string, at: number): number {
    window.lastIndex = at
    return window.exec(text)?.index ?? Number.POSITIVE_INFINITY
  }

  return () => {
    let left = COMPARED_CHARACTERS
    /** How far `spelling` and the text agree; nowhere, once the work is used up. */
    function agreement(text: string, at: number, spelling: string): number {
      if (left < 0) return 0
      const most = Math.min(spelling.length, text.length - at)
      let length = WINDOW
      while (length < most && text.charCodeAt(at + length) === spelling.charCodeAt(length)) length += 1
      left -= length
      return length
    }

    function isBeginning(text: string, at: number): boolean {
      const length = text.length - at
      if (length < WINDOW) return beginnings.has(text.slice(at))
      return candidatesAt(text, at).some((spelling) => agreement(text, at, spelling) === length)
    }

    return {
      masked(text) {
        let shown = ''
        let from = 0
        for (let at = windowAfter(text, 0); at < text.length; at = windowAfter(text, Math.max(from, at + 1))) {
          const start = at
          const found = candidatesAt(text, at).find((spelling) => agreement(text, start, spelling) === spelling.length)
          if (found === undefined) continue
          shown += text.slice(from, at) + '*'.repeat(found.length)
          from = at + found.length
        }
        return from === 0 ? text : shown + text.slice(from)
      },
      unfinishedEnd(text) {
        for (let at = Math.max(0, text.length - longest + 1); at < text.length; at += 1)
          if (firsts.has(text.charCodeAt(at)) && isBeginning(text, at)) return text.length - at
        return 0
      },
    }
  }
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
