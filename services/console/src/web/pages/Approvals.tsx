import { Alert, Button, Center, Loader, Stack, Text, Title } from '@mantine/core'
import type { Person } from '@munjigi/contracts/people'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useConsole } from '../console-context.ts'
import { displayName, mayAdminister, useMe } from '../me.ts'
import { ApiProblem } from '../problem.ts'
import { useWaitingPeople, WAITING_PEOPLE } from '../waiting-people.ts'
import { NotFound } from './NotFound.tsx'
import { RejectDialog } from './RejectDialog.tsx'
import { Request } from './Request.tsx'

export function Approvals() {
  return mayAdminister(useMe()) ? <Requests /> : <NotFound />
}

type Outcome = 'approved' | 'rejected' | 'decided' | 'forbidden' | 'failed'

function Requests() {
  const { t, i18n } = useTranslation()
  const { people, error, isPending, hasMore, isFetchingMore, fetchMore, refetch } = useWaitingPeople()
  const heading = useRef<HTMLHeadingElement>(null)
  const { outcome, decide, deciding } = useDecision(() => {
    // With the row that was decided on its button is gone, and the focus with it.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
    })
  })
  const [rejecting, setRejecting] = useState<Person>()
  return (
    <Stack gap="lg">
      <div>
        <Title order={1} tabIndex={-1} ref={heading} className="landing">
          {t('approvals.title')}
        </Title>
        <Text c="dimmed" mt={4}>
          {t('approvals.lead')}
        </Text>
        <div role="status">
          {outcome && (
            <Alert
              mt="lg"
              variant="light"
              color={outcome.kind === 'approved' || outcome.kind === 'rejected' ? 'celadon' : 'red'}
            >
              {t(`approvals.${outcome.kind}`, { name: displayName(outcome.person, i18n.language) })}
            </Alert>
          )}
          {error && people.length === 0 && (
            <Alert mt="lg" variant="light" color="red" title={t('approvals.listFailed')}>
              <Button mt="xs" variant="default" size="xs" onClick={() => void refetch()}>
                {t('retry')}
              </Button>
            </Alert>
          )}
        </div>
      </div>
      {isPending && (
        <Center py="xl">
          <Loader type="dots" />
        </Center>
      )}
      {!isPending && !error && people.length === 0 && <Nobody />}
      {people.length > 0 && (
        <section className="card" aria-label={t('approvals.title')}>
          {people.map((person) => (
            <Request
              key={person.sub}
              person={person}
              isBusy={deciding.has(person.sub)}
              onApprove={() => decide({ person, verdict: 'approve' })}
              onReject={() => setRejecting(person)}
            />
          ))}
        </section>
      )}
      {hasMore && (
        <Center>
          <Button variant="default" loading={isFetchingMore} onClick={() => void fetchMore()}>
            {t('approvals.more')}
          </Button>
        </Center>
      )}
      <RejectDialog
        person={rejecting}
        onClose={() => setRejecting(undefined)}
        onReject={(person) => decide({ person, verdict: 'reject' })}
      />
    </Stack>
  )
}

function Nobody() {
  const { t } = useTranslation()
  return (
    <section className="card">
      <Stack align="center" gap={4} py={64} px="lg">
        <Text fw={600}>{t('approvals.empty')}</Text>
        <Text c="dimmed" ta="center">
          {t('approvals.emptyLead')}
        </Text>
      </Stack>
    </section>
  )
}

/** Decides on one or several people at once and says how the last one went. */
function useDecision(onDecided: () => void) {
  const { api } = useConsole()
  const queries = useQueryClient()
  const [outcome, setOutcome] = useState<{ kind: Outcome; person: Person }>()
  const [deciding, setDeciding] = useState<ReadonlySet<string>>(new Set())
  const { mutate } = useMutation({
    mutationFn: ({ person, verdict }: { person: Person; verdict: 'approve' | 'reject' }) => api[verdict](person.sub),
    onMutate: ({ person }) => setDeciding((before) => new Set(before).add(person.sub)),
    onSuccess: (_answer, { person, verdict }) =>
      setOutcome({ kind: verdict === 'approve' ? 'approved' : 'rejected', person }),
    onError: (error, { person }) => setOutcome({ kind: outcomeOf(error), person }),
    onSettled: async (_answer, _error, { person }) => {
      await queries.invalidateQueries({ queryKey: WAITING_PEOPLE })
      setDeciding((before) => new Set([...before].filter((sub) => sub !== person.sub)))
      onDecided()
    },
  })
  return { outcome, decide: mutate, deciding }
}

function outcomeOf(error: Error): Outcome {
  if (!(error instanceof ApiProblem)) return 'failed'
  if (error.type === 'already-decided') return 'decided'
  return error.status === 403 ? 'forbidden' : 'failed'
}
