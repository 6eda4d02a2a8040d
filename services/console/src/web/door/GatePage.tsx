import { useMantineColorScheme } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Brand } from '../shell/Brand.tsx'
import { DisplayButtons } from '../shell/DisplayButtons.tsx'
import { ModeBadge } from '../shell/ModeBadge.tsx'

/** One calm card in the middle: for everybody who is not inside. */
export function GatePage({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation()
  const { setColorScheme } = useMantineColorScheme()
  return (
    <div className="gate-page">
      <header className="gate-top">
        <DisplayButtons
          language={i18n.language === 'en' ? 'en' : 'ko'}
          onLanguage={(language) => void i18n.changeLanguage(language)}
          onTheme={setColorScheme}
        />
      </header>
      <main className="gate-middle">
        <div className="card gate-card">
          <Brand size={40} />
          {children}
        </div>
      </main>
      <footer className="gate-foot">
        <ModeBadge />
      </footer>
    </div>
  )
}
