import { useTranslation } from 'react-i18next'
import type { ApiProblem } from '../problem.ts'

const KNOWN = [
  'account-disabled',
  'account-rejected',
  'tenant-suspended',
  'credentials-invalid',
  'passwords-busy',
  'unreachable',
] as const
const MINUTES_FROM_S = 90

/** What a refusal says to the person who meets it; its number only where an administrator must look. */
export function useRefusal(): (problem: ApiProblem) => { title: string; lead: string; requestId?: string } {
  const { t, i18n } = useTranslation()
  return (problem) => {
    if (problem.status === 429) {
      const when = problem.waitSeconds === undefined ? t('soon') : inTime(problem.waitSeconds, i18n.language)
      return { title: t('refused.tooMany.title'), lead: t('refused.tooMany.lead', { when }) }
    }
    const isUnfit = problem.faults.some(({ field }) => field === 'new_password')
    const reason = isUnfit ? 'unfitPassword' : (KNOWN.find((type) => type === problem.type) ?? 'other')
    return {
      title: t(`refused.${reason}.title`),
      lead: t(`refused.${reason}.lead`),
      ...(reason === 'other' && problem.requestId !== undefined && { requestId: problem.requestId }),
    }
  }
}

function inTime(seconds: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language)
  return seconds < MINUTES_FROM_S ? format.format(seconds, 'second') : format.format(Math.ceil(seconds / 60), 'minute')
}
