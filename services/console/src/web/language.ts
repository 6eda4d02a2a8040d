import { createInstance, type i18n } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en } from './texts/en.ts'
import { ko } from './texts/ko.ts'

export type Language = 'ko' | 'en'

const KEPT_AS = 'munjigi-language'
const isLanguage = (text: string | null | undefined): text is Language => text === 'ko' || text === 'en'

/** The one chosen last in this browser, else the first of the browser's own that we speak, else Korean. */
export function firstLanguage(kept: string | null, spoken: readonly string[]): Language {
  if (isLanguage(kept)) return kept
  return spoken.map((tag) => tag.split('-')[0]).find(isLanguage) ?? 'ko'
}

export async function startLanguage(): Promise<i18n> {
  const language = createInstance()
  language.on('languageChanged', (tag) => {
    document.documentElement.lang = tag
    document.title = `${ko.brand} · ${en.brand}`
    localStorage.setItem(KEPT_AS, tag)
  })
  await language.use(initReactI18next).init({
    resources: { ko: { translation: ko }, en: { translation: en } },
    lng: firstLanguage(localStorage.getItem(KEPT_AS), navigator.languages),
    fallbackLng: 'ko',
    interpolation: { escapeValue: false },
  })
  return language
}

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof ko }
  }
}
