import { Anchor, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

export function NotFound() {
  const { t } = useTranslation()
  return (
    <>
      <Title order={1}>{t('notFound.title')}</Title>
      <Text c="dimmed" mt="xs" mb="lg">
        {t('notFound.lead')}
      </Text>
      <Anchor component={Link} to="/">
        {t('notFound.home')}
      </Anchor>
    </>
  )
}
