import { Button, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useConsole } from '../console-context.ts'
import { GatePage } from './GatePage.tsx'

export function Unreachable({ onRetry }: { onRetry?: () => unknown }) {
  const { t } = useTranslation()
  const { session } = useConsole()
  return (
    <GatePage>
      <div role="alert">
        <Title order={1} mt="xl">
          {t('unreachable.title')}
        </Title>
        <Text c="dimmed" mt="xs">
          {t('unreachable.lead')}
        </Text>
      </div>
      <Button mt="xl" size="md" variant="default" fullWidth onClick={() => void (onRetry ?? session.refresh)()}>
        {t('retry')}
      </Button>
    </GatePage>
  )
}
