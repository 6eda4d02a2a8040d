import { Button, Text } from '@mantine/core'
import type { Person } from '@munjigi/contracts/people'
import { useTranslation } from 'react-i18next'
import { departmentName, displayName } from '../me.ts'

interface RequestProps {
  person: Person
  isBusy: boolean
  onApprove: () => void
  onReject: () => void
}

/** One person who waits, with the two answers. */
export function Request({ person, isBusy, onApprove, onReject }: RequestProps) {
  const { t, i18n } = useTranslation()
  const name = displayName(person, i18n.language)
  const when = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'short' })
  const asked = new Date(person.created_at)
  return (
    <article className="request" aria-label={name}>
      <div className="request-who">
        <Text fw={600}>
          {name}{' '}
          <Text span c="dimmed" fw={400}>
            {departmentName(person, i18n.language)}
          </Text>
        </Text>
        <Text fz="sm" c="dimmed" component="div" className="request-facts">
          <span>{person.email ?? person.user_id}</span>
          <time dateTime={person.created_at}>{t('approvals.asked', { when: when.format(asked) })}</time>
        </Text>
      </div>
      <div className="request-actions">
        <Button variant="default" disabled={isBusy} aria-label={t('approvals.rejectOf', { name })} onClick={onReject}>
          {t('approvals.reject')}
        </Button>
        <Button loading={isBusy} aria-label={t('approvals.approveOf', { name })} onClick={onApprove}>
          {t('approvals.approve')}
        </Button>
      </div>
    </article>
  )
}
