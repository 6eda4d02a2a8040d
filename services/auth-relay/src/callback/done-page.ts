import type { Language } from '@munjigi/server/page'

const texts = {
  ko: { title: '로그인했습니다', advice: '이 창을 닫고 메신저로 돌아가 대화를 계속해 주세요.' },
  en: { title: 'You are signed in', advice: 'Close this page and go back to the chat.' },
}

/** The last page of a login whose chatbot named none. */
export const donePage = (language: Language) => ({
  title: texts[language].title,
  paragraphs: [texts[language].advice],
})
