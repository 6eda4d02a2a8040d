import { Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import gate from '../gate.svg'

export function Brand({ size = 28 }: { size?: number }) {
  const { t } = useTranslation()
  return (
    <Group gap={10} wrap="nowrap">
      <img src={gate} alt="" width={size} height={size} />
      <Text component="span" fw={700} fz={size > 32 ? 24 : 18} style={{ letterSpacing: '-0.02em' }}>
        {t('brand')}
      </Text>
    </Group>
  )
}
