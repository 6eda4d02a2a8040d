import { Button, Code, Group, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useConsole } from '../console-context.ts'
import type { ApiProblem } from '../problem.ts'
import { SIGN_OUT_PATH } from '../shell/PersonMenu.tsx'
import { GatePage } from './GatePage.tsx'
import { useRefusal } from './use-refusal.ts'

interface RefusedProps {
  problem: ApiProblem
  onRetry: () => unknown
}

export function Refused({ problem, onRetry }: RefusedProps) {
  const { t } = useTranslation()
  const { session } = useConsole()
  const { title, lead, requestId } = useRefusal()(problem)
  return (
    <GatePage>
      <div role="alert">
        <Title order={1} mt="xl">
          {title}
        </Title>
        <Text c="dimmed" mt="xs">
          {lead}
        </Text>
        {requestId !== undefined && (
          <Text fz="sm" c="dimmed" mt="md">
            {t('requestId')} <Code>{requestId}</Code>
          </Text>
        )}
      </div>
      <Group grow mt="xl">
        <Button variant="default" onClick={() => void onRetry()}>
          {t('retry')}
        </Button>
        <Button component="a" href={SIGN_OUT_PATH} variant="default" onClick={session.tellSignedOut}>
          {t('signOut')}
        </Button>
      </Group>
    </GatePage>
  )
}
