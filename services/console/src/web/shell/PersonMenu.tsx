import { Avatar, Group, Menu, Text, UnstyledButton } from '@mantine/core'
import type { Me } from '@munjigi/contracts/people'
import { useTranslation } from 'react-i18next'
import { useConsole } from '../console-context.ts'
import { departmentName, displayName } from '../me.ts'

export const SIGN_OUT_PATH = '/api/auth/logout/'

export function PersonMenu({ me }: { me: Me }) {
  const { t } = useTranslation()
  const { session } = useConsole()
  const name = displayName(me, me.language_preference)
  return (
    <Menu position="bottom-end" width={240} shadow="md" withinPortal={false}>
      <Menu.Target>
        <UnstyledButton aria-label={name}>
          <Group gap="xs" wrap="nowrap">
            <Avatar size={34} color="celadon" variant="light">
              {initialOf(name)}
            </Avatar>
            <Text fw={500} visibleFrom="sm">
              {name}
            </Text>
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text fw={600} c="var(--mantine-color-text)">
            {name}
          </Text>
          <Text fz="sm">{departmentName(me, me.language_preference) || me.user_id}</Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item component="a" href={SIGN_OUT_PATH} onClick={session.tellSignedOut}>
          {t('signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Of a Korean name the family name's syllable, of others the first letter. */
const initialOf = (name: string): string => [...name.trim()][0]?.toUpperCase() ?? ''
