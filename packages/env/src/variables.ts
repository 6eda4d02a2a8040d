export type Environment = Readonly<Record<string, string | undefined>>

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

export interface Replaced {
  text: string
  /** Names without a value and without a default; empty counts as no value. */
  missing: string[]
  /** What begins like a variable and is none, for example `${A-b}`. */
  isMalformed: boolean
}

/** Replaces `${NAME}` and `${NAME:-default}` once; what a value brings in is never read again. */
export function replaceVariables(text: string, env: Environment): Replaced {
  const missing: string[] = []
  const replaced = text.replace(VARIABLE, (_, name: string, fallback: string | undefined) => {
    const value = (Object.hasOwn(env, name) && env[name]) || fallback
    if (value === undefined) missing.push(name)
    return value ?? ''
  })
  return { text: replaced, missing, isMalformed: text.replace(VARIABLE, '').includes('${') }
}
