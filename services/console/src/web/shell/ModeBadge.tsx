import { Badge, type MantineBreakpoint } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** A house that is not production says so on every page. */
export function ModeBadge(shown: { visibleFrom?: MantineBreakpoint; hiddenFrom?: MantineBreakpoint }) {
  const { t } = useTranslation()
  const mode = document.documentElement.dataset.mode
  if (mode === 'production' || mode === undefined) return null
  return (
    <Badge variant="outline" color="gray" tt="none" fw={500} {...shown}>
      {mode === 'embedded' && t('embedded') !== mode ? `${t('embedded')} · ${mode}` : mode}
    </Badge>
  )
}
