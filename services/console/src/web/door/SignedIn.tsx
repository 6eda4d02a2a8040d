import { Outlet } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useConsole } from '../console-context.ts'
import { MeContext, useMeQuery } from '../me.ts'
import { useProfilePreferences } from '../preferences.ts'
import { ApiProblem } from '../problem.ts'
import { Shell } from '../shell/Shell.tsx'
import { Refused } from './Refused.tsx'
import { Starting } from './Starting.tsx'
import { Unreachable } from './Unreachable.tsx'
import { Waiting } from './Waiting.tsx'

/** The rooms behind the door, or what keeps the person from them. */
export function SignedIn() {
  const { data: me, error, refetch } = useMeQuery()
  const hasBeenApproved = useApproval(me?.role)
  useProfilePreferences(me)

  if (error instanceof ApiProblem && error.status < 500) return <Refused problem={error} onRetry={refetch} />
  if (me === undefined) return error ? <Unreachable onRetry={refetch} /> : <Starting />
  if (me.role === 'PENDING') return <Waiting me={me} isOffline={error !== null} />
  return (
    <MeContext value={me}>
      <Shell hasBeenApproved={hasBeenApproved}>
        <Outlet />
      </Shell>
    </MeContext>
  )
}

/** True from the approval on; the token of the time before is renewed, so that it carries the new rights. */
function useApproval(role: string | undefined): boolean {
  const { session } = useConsole()
  const before = useRef(role)
  const [hasBeenApproved, setHasBeenApproved] = useState(false)
  useEffect(() => {
    if (before.current === 'PENDING' && role !== undefined && role !== 'PENDING') {
      setHasBeenApproved(true)
      void session.refresh()
    }
    before.current = role
  }, [role, session])
  return hasBeenApproved
}
