import { Alert, Button, Divider, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { SignOutReason } from '../session/session.ts'
import { GatePage } from './GatePage.tsx'
import { PasswordForm } from './PasswordForm.tsx'

export function SignIn({ reason }: { reason: SignOutReason }) {
  const { t } = useTranslation()
  return (
    <GatePage>
      <Title order={1} mt="xl">
        {t('signIn.title')}
      </Title>
      <Text c="dimmed" mt="xs">
        {t('signIn.lead')}
      </Text>
      <div role="status">
        {reason !== 'never' && (
          <Alert mt="lg" variant="light" color={reason === 'code-refused' ? 'yellow' : 'gray'}>
            {reason === 'ended' ? t('signIn.ended') : t('signIn.codeRefused')}
          </Alert>
        )}
      </div>
      <Button component="a" href="/sign-in" size="md" h={48} fullWidth mt="xl">
        {t('signIn.button')}
      </Button>
      <Divider my="lg" label={t('signIn.or')} />
      <PasswordForm />
    </GatePage>
  )
}
