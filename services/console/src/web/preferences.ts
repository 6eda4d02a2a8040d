import { useMantineColorScheme } from '@mantine/core'
import type { Me, Preferences } from '@munjigi/contracts/people'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useConsole } from './console-context.ts'
import { ME } from './me.ts'

/** Shows the console as the person's profile says; a change made here goes into the profile. */
export function useProfilePreferences(me: Me | undefined): void {
  const { setColorScheme } = useMantineColorScheme()
  const { i18n } = useTranslation()
  const [theme, language] = [me?.theme_preference, me?.language_preference]
  useEffect(() => {
    if (theme) setColorScheme(theme)
  }, [theme, setColorScheme])
  useEffect(() => {
    if (language) void i18n.changeLanguage(language)
  }, [language, i18n])
}

/** Shown at once and taken back if it could not be kept. */
export function usePrefer() {
  const { api } = useConsole()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (preferences: Preferences) => api.prefer(preferences),
    scope: { id: 'preferences' },
    onMutate: async (preferences) => {
      await queries.cancelQueries({ queryKey: ME })
      const before = queries.getQueryData<Me>(ME)
      if (before) queries.setQueryData<Me>(ME, { ...before, ...preferences })
      return before
    },
    onError: (_error, _preferences, before) => {
      if (before) queries.setQueryData<Me>(ME, before)
    },
    onSuccess: (me) => queries.setQueryData<Me>(ME, me),
  })
}
