import { NEW_PASSWORD_PATH } from '@munjigi/contracts/console'
import { Outlet, useLocation } from '@tanstack/react-router'
import { useSessionState } from '../console-context.ts'
import { SignedIn } from './SignedIn.tsx'
import { SignIn } from './SignIn.tsx'
import { Starting } from './Starting.tsx'
import { Unreachable } from './Unreachable.tsx'

/** Who is not signed in sees nothing but the door; a link to set a password leads past it. */
export function Door() {
  const state = useSessionState()
  const isOutside = useLocation({ select: ({ pathname }) => pathname === NEW_PASSWORD_PATH })
  if (isOutside) return <Outlet />
  if (state.phase === 'signed-in') return <SignedIn key={state.sub} />
  if (state.phase === 'signed-out') return <SignIn reason={state.reason} />
  return state.phase === 'unreachable' ? <Unreachable /> : <Starting />
}
