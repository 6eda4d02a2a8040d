import { Button, Group, Text, Title } from '@mantine/core'
import type { Me } from '@munjigi/contracts/people'
import { useTranslation } from 'react-i18next'
import { useConsole } from '../console-context.ts'
import { displayName } from '../me.ts'
import { SIGN_OUT_PATH } from '../shell/PersonMenu.tsx'
import { GatePage } from './GatePage.tsx'

interface WaitingProps {
  me: Me
  isOffline: boolean
}

/** Stays until the person is no longer PENDING; the look at that is the query's. */
export function Waiting({ me, isOffline }: WaitingProps) {
  const { t, i18n } = useTranslation()
  const { session } = useConsole()
  return (
    <GatePage>
      <Title order={1} mt="xl">
        {t('waiting.title')}
      </Title>
      <Text c="dimmed" mt="xs">
        {t('waiting.lead', { name: displayName(me, i18n.language) })}
      </Text>
      <Group gap="sm" mt="lg" wrap="nowrap" role="status">
        <span className="breathing" aria-hidden />
        <Text fz="sm">{isOffline ? t('waiting.offline') : t('waiting.watching')}</Text>
      </Group>
      <Text fz="sm" c="dimmed" mt="lg">
        {t('waiting.account')} <strong>{me.email ?? me.user_id}</strong>
      </Text>
      <Button component="a" href={SIGN_OUT_PATH} mt="lg" variant="default" fullWidth onClick={session.tellSignedOut}>
        {t('signOut')}
      </Button>
    </GatePage>
  )
}
