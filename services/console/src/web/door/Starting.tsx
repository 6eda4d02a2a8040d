import { Center, Loader, VisuallyHidden } from '@mantine/core'
import { useTranslation } from 'react-i18next'

export function Starting() {
  const { t } = useTranslation()
  return (
    <Center h="100dvh" role="status">
      <Loader type="dots" />
      <VisuallyHidden>{t('loading')}</VisuallyHidden>
    </Center>
  )
}
