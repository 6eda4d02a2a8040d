import { createContext, use, useSyncExternalStore } from 'react'
import type { Api } from './api.ts'
import type { Session, SessionState } from './session/session.ts'

interface Console {
  session: Session
  api: Api
  /** Of the link that opened this page. */
  resetToken: string | undefined
}

export const ConsoleContext = createContext<Console | undefined>(undefined)

export function useConsole(): Console {
  const value = use(ConsoleContext)
  if (value === undefined) throw new Error('outside of the console')
  return value
}

export function useSessionState(): SessionState {
  const { session } = useConsole()
  return useSyncExternalStore(session.subscribe, session.state)
}
