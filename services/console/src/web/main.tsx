import '@mantine/core/styles.css'
import './styles.css'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { I18nextProvider } from 'react-i18next'
import { createApi } from './api.ts'
import { ConsoleContext } from './console-context.ts'
import { startLanguage } from './language.ts'
import { ApiProblem } from './problem.ts'
import { router } from './router.tsx'
import { takeArrival, watchForLinks } from './session/arrival.ts'
import { createSession } from './session/session.ts'
import { theme, variables } from './theme.ts'

const arrival = takeArrival(window.location, window.history)
watchForLinks(window)
const session = createSession()
const api = createApi(session)
const language = await startLanguage()

const isFinal = (error: Error) => error instanceof ApiProblem && error.status < 500
const queries = new QueryClient({
  defaultOptions: { queries: { retry: (failures, error) => failures < 2 && !isFinal(error) } },
})
let shownSub: string | undefined
session.subscribe(() => {
  const state = session.state()
  const sub = state.phase === 'signed-in' ? state.sub : undefined
  // What one person saw is never shown to the next.
  if (sub !== shownSub) queries.clear()
  shownSub = sub
})

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
const root = createRoot(document.getElementById('root') as HTMLElement)
root.render(
  <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
    <I18nextProvider i18n={language}>
      <QueryClientProvider client={queries}>
        <ConsoleContext value={{ session, api, resetToken: arrival.resetToken }}>
          <RouterProvider router={router} />
        </ConsoleContext>
      </QueryClientProvider>
    </I18nextProvider>
  </MantineProvider>,
)
await session.start(arrival)
