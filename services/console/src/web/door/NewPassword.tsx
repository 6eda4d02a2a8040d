import { Button, Stack, Text, Title } from '@mantine/core'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useConsole } from '../console-context.ts'
import type { ApiProblem } from '../problem.ts'
import { GatePage } from './GatePage.tsx'
import { PasswordField } from './PasswordField.tsx'
import { RefusalAlert } from './RefusalAlert.tsx'
import { useSending } from './use-sending.ts'

/** Where the link of an administrator leads: sets a password once, then shows the way to the door. */
export function NewPassword() {
  const { resetToken } = useConsole()
  const [end, setEnd] = useState<'done' | 'linkInvalid'>()
  if (end !== undefined) return <NewPasswordEnd end={end} />
  if (resetToken === undefined) return <NewPasswordEnd end="linkMissing" />
  return <NewPasswordForm resetToken={resetToken} onEnd={setEnd} />
}

interface NewPasswordFormProps {
  resetToken: string
  onEnd: (end: 'done' | 'linkInvalid') => void
}

function NewPasswordForm({ resetToken, onEnd }: NewPasswordFormProps) {
  const { t } = useTranslation()
  const { session } = useConsole()
  const [isOther, setIsOther] = useState(false)
  const again = useRef<HTMLInputElement>(null)
  const { onSubmit, isBusy, problem } = useSending(async (fields) => {
    const password = String(fields.get('password'))
    const differs = fields.get('again') !== password
    setIsOther(differs)
    if (differs) return void again.current?.focus()
    const refusal = await session.setPassword(resetToken, password)
    if (refusal === undefined) onEnd('done')
    else if (isOfTheLink(refusal)) onEnd('linkInvalid')
    return refusal
  })
  return (
    <GatePage>
      <Title order={1} mt="xl">
        {t('newPassword.title')}
      </Title>
      <Text c="dimmed" mt="xs">
        {t('newPassword.lead')}
      </Text>
      <form method="post" onSubmit={onSubmit}>
        <Stack gap="md" mt="lg">
          {problem && <RefusalAlert problem={problem} />}
          <PasswordField name="password" label={t('newPassword.password')} autoComplete="new-password" />
          <PasswordField
            name="again"
            label={t('newPassword.again')}
            autoComplete="new-password"
            ref={again}
            error={isOther && t('newPassword.other')}
          />
          <Button type="submit" size="md" h={48} fullWidth loading={isBusy}>
            {t('newPassword.submit')}
          </Button>
        </Stack>
      </form>
    </GatePage>
  )
}

/** Used, too old or replaced; one that was cut off or grew on its way is of a wrong length. */
const isOfTheLink = ({ type, faults }: ApiProblem) =>
  type === 'reset-link-invalid' || faults.some(({ field }) => field === 'token')

function NewPasswordEnd({ end }: { end: 'done' | 'linkInvalid' | 'linkMissing' }) {
  const { t } = useTranslation()
  return (
    <GatePage>
      <div role={end === 'done' ? 'status' : 'alert'}>
        <Title order={1} mt="xl">
          {t(`newPassword.${end}.title`)}
        </Title>
        <Text c="dimmed" mt="xs">
          {t(`newPassword.${end}.lead`)}
        </Text>
      </div>
      {/* A full load: who was signed in here may have been signed out by it. */}
      <Button component="a" href="/" size="md" h={48} fullWidth mt="xl" variant={end === 'done' ? 'filled' : 'default'}>
        {t('newPassword.toSignIn')}
      </Button>
    </GatePage>
  )
}
