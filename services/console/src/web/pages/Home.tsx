import { Badge, Button, Group, SegmentedControl, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { WAITING_PEOPLE_PATH } from '@munjigi/contracts/console'
import type { Me } from '@munjigi/contracts/people'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { departmentName, displayName, mayAdminister, useMe } from '../me.ts'
import { usePrefer } from '../preferences.ts'
import { roleName } from '../role-name.ts'
import { useWaitingPeople } from '../waiting-people.ts'

export function Home() {
  const { t, i18n } = useTranslation()
  const me = useMe()
  return (
    <Stack gap="lg">
      <Title order={1}>{t('home.greeting', { name: displayName(me, i18n.language) })}</Title>
      {mayAdminister(me) && <WaitingCard />}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        <Profile me={me} />
        <Display me={me} />
      </SimpleGrid>
    </Stack>
  )
}

function WaitingCard() {
  const { t } = useTranslation()
  const { people, hasMore, isPending, error } = useWaitingPeople()
  if (isPending || (error && people.length === 0)) return null
  const count = people.length
  const says = hasMore ? t('home.waitingCountMore', { count }) : t('home.waitingCount', { count })
  return (
    <section className="card">
      <Group p="lg" justify="space-between">
        <Text fw={600}>{count === 0 ? t('home.nobodyWaits') : says}</Text>
        {count > 0 && (
          <Button renderRoot={(props) => <Link to={WAITING_PEOPLE_PATH} {...props} />}>{t('home.toWaiting')}</Button>
        )}
      </Group>
    </section>
  )
}

function Profile({ me }: { me: Me }) {
  const { t, i18n } = useTranslation()
  const facts = [
    [t('home.name'), [me.username_kr, me.username_en].filter(Boolean).join(' · ') || me.user_id],
    [t('home.department'), departmentName(me, i18n.language) || t('home.none')],
    [t('home.email'), me.email ?? t('home.none')],
    [t('home.loginId'), me.user_id],
  ]
  return (
    <section className="card" aria-labelledby="profile">
      <Stack p="lg" gap="md">
        <Title order={2} size="h4" id="profile">
          {t('home.profile')}
        </Title>
        <dl className="facts">
          {facts.map(([name, value]) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
          <Fact name={t('home.role')}>
            <Group gap="xs">
              {roleName(t, me.role)}
              {me.superuser && <Badge variant="light">{t('home.superuser')}</Badge>}
            </Group>
          </Fact>
          {!me.superuser && (
            <Fact name={t('home.sections')}>
              <Group gap={6}>
                {me.sections.length === 0 && t('home.none')}
                {me.sections.map(({ id }) => (
                  <Badge key={id} variant="default" tt="none" fw={500}>
                    {id}
                  </Badge>
                ))}
              </Group>
            </Fact>
          )}
        </dl>
      </Stack>
    </section>
  )
}

function Fact({ name, children }: { name: React.ReactNode; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Display({ me }: { me: Me }) {
  const { t } = useTranslation()
  const prefer = usePrefer()
  return (
    <section className="card" aria-labelledby="display">
      <Stack p="lg" gap="md">
        <Title order={2} size="h4" id="display">
          {t('home.preferences')}
        </Title>
        <Choice
          label={t('theme')}
          value={me.theme_preference}
          options={[
            { value: 'light', label: t('light') },
            { value: 'dark', label: t('dark') },
          ]}
          onChange={(theme_preference) => prefer.mutate({ theme_preference })}
        />
        <Choice
          label={t('language')}
          value={me.language_preference}
          options={[
            { value: 'ko', label: '한국어' },
            { value: 'en', label: 'English' },
          ]}
          onChange={(language_preference) => prefer.mutate({ language_preference })}
        />
      </Stack>
    </section>
  )
}

interface ChoiceProps<Value extends string> {
  label: string
  value: Value
  options: { value: Value; label: string }[]
  onChange: (value: Value) => void
}

function Choice<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  return (
    <div>
      <Text fz="sm" c="dimmed" mb={4} aria-hidden>
        {label}
      </Text>
      <SegmentedControl fullWidth aria-label={label} value={value} data={options} onChange={onChange} />
    </div>
  )
}
