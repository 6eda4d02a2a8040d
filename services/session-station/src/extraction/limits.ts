/** What bounds the work and the memory that a target, or a rule written by a person, can cost. */
export const LIMITS = {
  /** Bytes of an answer that values are read from; egress lets more through, for the proxy. */
  readableBytes: 1_048_576,
  /** Characters of one extracted value. */
  valueCharacters: 32_768,
  /** Characters of all values that a login has. */
  fieldsCharacters: 131_072,
  /** Characters of a filled template. */
  filledCharacters: 65_536,
  /** Characters of all that one login injects: more than any server takes. */
  injectedCharacters: 131_072,
  /** Objects and arrays within one another, and names in a path. */
  jsonDepth: 64,
  /** Characters of objects and lists that are written out of one answer. */
  writtenCharacters: 2_097_152,
  htmlElements: 50_000,
  /** As in browsers: a stack of open elements is walked for every tag. */
  htmlDepth: 512,
  /** Looks at elements, attributes and text that the selectors on one page may cost together. */
  selectorSteps: 3_000_000,
  selectorCharacters: 500,
} as const
