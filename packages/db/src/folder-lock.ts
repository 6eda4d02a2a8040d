import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const held = new Set<string>()

/**
 * Keeps a folder for this process until the returned function is called or the process ends: PGlite itself lets two
 * processes write into one folder. @throws when another living process, or this one, holds it already.
 */
export function lockFolder(folder: string): () => void {
  const file = `${folder}.lock`
  mkdirSync(dirname(file), { recursive: true })
  try {
    writeFileSync(file, `${process.pid}`, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const holder = Number(readFileSync(file, 'utf8'))
    if (isHolding(file, holder)) {
      throw new Error(`${folder} is in use by process ${holder}; if that is not so, delete ${file}`, { cause: error })
    }
    rmSync(file)
    writeFileSync(file, `${process.pid}`, { flag: 'wx' })
  }
  held.add(file)
  return () => {
    held.delete(file)
    rmSync(file, { force: true })
  }
}

function isHolding(file: string, holder: number): boolean {
  // In a container the process before this one had the same number.
  if (holder === process.pid) return held.has(file)
  try {
    return Number.isInteger(holder) && holder > 0 && process.kill(holder, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
