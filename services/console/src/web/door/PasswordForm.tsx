import { Button, Stack, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useConsole } from '../console-context.ts'
import { PasswordField } from './PasswordField.tsx'
import { RefusalAlert } from './RefusalAlert.tsx'
import { useSending } from './use-sending.ts'

/** Signs in by e-mail and password. */
export function PasswordForm() {
  const { t } = useTranslation()
  const { session } = useConsole()
  const { onSubmit, isBusy, problem } = useSending((fields) =>
    session.signIn(String(fields.get('email')), String(fields.get('password'))),
  )
  return (
    <form method="post" onSubmit={onSubmit} aria-label={t('signIn.byPassword')}>
      <Stack gap="md">
        {problem && <RefusalAlert problem={problem} />}
        {/* No type=email: Chromium would refuse addresses that are not ASCII. */}
        <TextInput
          name="email"
          label={t('signIn.email')}
          size="md"
          required
          withAsterisk={false}
          autoComplete="username"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
        />
        <PasswordField name="password" label={t('signIn.password')} autoComplete="current-password" />
        <Button type="submit" variant="default" size="md" h={48} fullWidth loading={isBusy}>
          {t('signIn.submit')}
        </Button>
      </Stack>
    </form>
  )
}
