import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'

interface Following {
  path: string
  /** What is in use now. */
  text: string
  /** Undefined where the file cannot be read: a state like any text, told once and not again before it changes. */
  read(): string | undefined
  /** Told of each text that differs from the last one; false where it is not usable. */
  load(text: string | undefined): boolean
  /** The watcher ended; the file is still looked at every 5 s. */
  onUnwatched(error: Error): void
}

export interface FollowedFile {
  /** Loads the file now, changed or not. */
  reload(): boolean
  close(): void
}

// A file that is being written is read once it has been quiet for this long.
const QUIET_MS = 100
// What no watcher tells: a replaced directory, a network file system.
const POLL_MS = 5000
// Kubernetes swaps this link; the file's own name never changes there.
const CONFIG_MAP_LINK = '..data'

/** Follows a configuration file: writes in place, editors that rename, a config map's `..data` link, SIGHUP. */
export function followFile({ path, text, read, load, onUnwatched }: Following): FollowedFile {
  let last: string | undefined = text
  let quiet: NodeJS.Timeout | undefined
  const reload = (found = read()): boolean => {
    last = found
    return load(found)
  }
  const look = () => {
    clearTimeout(quiet)
    quiet = setTimeout(() => {
      const found = read()
      if (found !== last) reload(found)
    }, QUIET_MS).unref()
  }
  const names = new Set<string | null>([basename(path), CONFIG_MAP_LINK, null])
  const watcher = watch(dirname(path), (_, name) => names.has(name) && look())
  watcher.on('error', onUnwatched)
  const poll = setInterval(look, POLL_MS).unref()
  const onHangUp = () => reload()
  process.on('SIGHUP', onHangUp)

  return {
    reload: () => reload(),
    close() {
      watcher.close()
      clearInterval(poll)
      clearTimeout(quiet)
      process.off('SIGHUP', onHangUp)
    },
  }
}
