import { useInfiniteQuery } from '@tanstack/react-query'
import { useConsole } from './console-context.ts'

const LOOK_AGAIN_MS = 10_000
export const WAITING_PEOPLE = ['people', 'waiting'] as const

/** Who waits for approval, the longest wait first; looked at again while the page is seen. */
export function useWaitingPeople() {
  const { api } = useConsole()
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: WAITING_PEOPLE,
    queryFn: ({ pageParam }) => api.listWaiting(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: LOOK_AGAIN_MS,
  })
  return {
    people: data?.pages.flatMap((page) => page.people) ?? [],
    error,
    isPending,
    hasMore: hasNextPage,
    isFetchingMore: isFetchingNextPage,
    fetchMore: fetchNextPage,
    refetch,
  }
}
