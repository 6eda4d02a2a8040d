import { Button, Group, Modal, Text } from '@mantine/core'
import type { Person } from '@munjigi/contracts/people'
import { useTranslation } from 'react-i18next'
import { displayName } from '../me.ts'

interface RejectDialogProps {
  /** Who would be rejected; nobody while the dialog is closed. */
  person: Person | undefined
  onClose: () => void
  onReject: (person: Person) => void
}

export function RejectDialog({ person, onClose, onReject }: RejectDialogProps) {
  const { t, i18n } = useTranslation()
  const confirm = () => {
    if (person) onReject(person)
    onClose()
  }
  return (
    <Modal
      opened={person !== undefined}
      onClose={onClose}
      title={t('approvals.confirmTitle')}
      centered
      lockScroll={false}
      withCloseButton={false}
    >
      <Text>{person && t('approvals.confirmLead', { name: displayName(person, i18n.language) })}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={onClose}>
          {t('approvals.cancel')}
        </Button>
        <Button color="red.8" onClick={confirm}>
          {t('approvals.reject')}
        </Button>
      </Group>
    </Modal>
  )
}
