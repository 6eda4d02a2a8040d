import { useSessionState } from '../console-context.ts'
import { SignedIn } from './SignedIn.tsx'
import { SignIn } from './SignIn.tsx'
import { Starting } from './Starting.tsx'
import { Unreachable } from './Unreachable.tsx'

/** Who is not signed in sees nothing but the door. */
export function Door() {
  const state = useSessionState()
  if (state.phase === 'signed-in') return <SignedIn key={state.sub} />
  if (state.phase === 'signed-out') return <SignIn reason={state.reason} />
  return state.phase === 'unreachable' ? <Unreachable /> : <Starting />
}
