import { Alert, Badge } from '@mantine/core'
import { WAITING_PEOPLE_PATH } from '@munjigi/contracts/console'
import { Link, useLocation } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { mayAdminister, useMe } from '../me.ts'
import { usePrefer } from '../preferences.ts'
import { useWaitingPeople } from '../waiting-people.ts'
import { Brand } from './Brand.tsx'
import { DisplayButtons } from './DisplayButtons.tsx'
import { ModeBadge } from './ModeBadge.tsx'
import { PersonMenu } from './PersonMenu.tsx'

interface ShellProps {
  hasBeenApproved: boolean
  children: ReactNode
}

export function Shell({ hasBeenApproved, children }: ShellProps) {
  const { t } = useTranslation()
  const me = useMe()
  const prefer = usePrefer()
  const main = useFocusOnArrival()
  return (
    <>
      <a className="skip" href="#content">
        {t('skip')}
      </a>
      <header className="bar">
        <div className="bar-inner">
          <Link to="/" className="brand">
            <Brand />
          </Link>
          <ModeBadge visibleFrom="xs" />
          {mayAdminister(me) && <AdminLinks />}
          <div className="bar-end">
            <DisplayButtons
              language={me.language_preference}
              onLanguage={(language_preference) => prefer.mutate({ language_preference })}
              onTheme={(theme_preference) => prefer.mutate({ theme_preference })}
            />
            <PersonMenu me={me} />
          </div>
        </div>
      </header>
      <main id="content" className="page" tabIndex={-1} ref={main}>
        <div role="status">
          {hasBeenApproved && (
            <Alert mb="lg" variant="light">
              {t('home.approved')}
            </Alert>
          )}
          {prefer.isError && (
            <Alert mb="lg" color="red" variant="light">
              {t('home.notSaved')}
            </Alert>
          )}
        </div>
        {children}
      </main>
      <footer className="gate-foot">
        <ModeBadge hiddenFrom="xs" />
      </footer>
    </>
  )
}

function AdminLinks() {
  const { t } = useTranslation()
  const { people, hasMore } = useWaitingPeople()
  return (
    <nav aria-label={t('pages')}>
      <Link to="/" className="nav-link" activeOptions={{ exact: true }}>
        {t('home.nav')}
      </Link>
      <Link to={WAITING_PEOPLE_PATH} className="nav-link">
        {t('approvals.nav')}
        {people.length > 0 && (
          <Badge size="sm" circle={people.length < 10 && !hasMore}>
            {people.length}
            {hasMore && '+'}
          </Badge>
        )}
      </Link>
    </nav>
  )
}

/** Whoever goes to another page by keyboard or screen reader stands at its beginning. */
function useFocusOnArrival() {
  const main = useRef<HTMLElement>(null)
  const path = useLocation({ select: ({ pathname }) => pathname })
  const shownPath = useRef(path)
  useEffect(() => {
    if (shownPath.current !== path) main.current?.focus()
    shownPath.current = path
  }, [path])
  return main
}
