import type { Me } from '@munjigi/contracts/people'
import { useQuery } from '@tanstack/react-query'
import { createContext, use } from 'react'
import { useConsole } from './console-context.ts'
import { pollDelayMs } from './session/delays.ts'

const LOOK_AGAIN_MS = 60_000
export const ME = ['me'] as const

/** The signed-in person, looked at often while they wait for approval and now and then afterwards. */
export function useMeQuery() {
  const { api } = useConsole()
  return useQuery({
    queryKey: ME,
    queryFn: api.me,
    refetchOnWindowFocus: 'always',
    refetchInterval: ({ state }) =>
      state.data?.role === 'PENDING' ? pollDelayMs(state.dataUpdateCount + state.errorUpdateCount - 1) : LOOK_AGAIN_MS,
  })
}

export const MeContext = createContext<Me | undefined>(undefined)

export function useMe(): Me {
  const me = use(MeContext)
  if (me === undefined) throw new Error('nobody is signed in here')
  return me
}

/** What the gateway asks of module admin; it asks again itself. */
export const mayAdminister = ({ superuser, sections }: Me): boolean =>
  superuser || sections.some(({ id, level }) => id === 'admin-page' && level === 'admin')

export function displayName(person: Pick<Me, 'username_kr' | 'username_en' | 'user_id'>, language: string): string {
  const [first, second] =
    language === 'en' ? [person.username_en, person.username_kr] : [person.username_kr, person.username_en]
  return first || second || person.user_id
}

export function departmentName(person: Pick<Me, 'deptname_kr' | 'deptname_en'>, language: string): string {
  const [first, second] =
    language === 'en' ? [person.deptname_en, person.deptname_kr] : [person.deptname_kr, person.deptname_en]
  return first || second
}
