import { ActionIcon, Button, useComputedColorScheme } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Language } from '../language.ts'

interface DisplayButtonsProps {
  language: Language
  onLanguage: (language: Language) => void
  onTheme: (theme: 'light' | 'dark') => void
}

/** Each offers what is not shown now, the language in its own words. */
export function DisplayButtons({ language, onLanguage, onTheme }: DisplayButtonsProps) {
  const { t } = useTranslation()
  const scheme = useComputedColorScheme('light')
  const other = language === 'ko' ? 'en' : 'ko'
  return (
    <>
      <Button variant="subtle" color="gray" size="compact-md" fw={500} lang={other} onClick={() => onLanguage(other)}>
        {other === 'ko' ? '한국어' : 'English'}
      </Button>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={scheme === 'light' ? t('toDark') : t('toLight')}
        onClick={() => onTheme(scheme === 'light' ? 'dark' : 'light')}
      >
        {scheme === 'light' ? <Moon /> : <Sun />}
      </ActionIcon>
    </>
  )
}

const stroke = {
  width: 20,
  height: 20,
  viewBox: '0 0 24 24',
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.8,
  strokeLinecap: 'round',
} as const

const Moon = () => (
  <svg aria-hidden="true" {...stroke}>
    <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" strokeLinejoin="round" />
  </svg>
)

const Sun = () => (
  <svg aria-hidden="true" {...stroke}>
    <circle cx="12" cy="12" r="4.2" />
    <path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4" />
  </svg>
)
