import { Alert, Code, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiProblem } from '../problem.ts'
import { useRefusal } from './use-refusal.ts'

/** Why a form was refused; whoever sent it stands there. */
export function RefusalAlert({ problem }: { problem: ApiProblem }) {
  const { t } = useTranslation()
  const alert = useRef<HTMLDivElement>(null)
  useEffect(() => alert.current?.focus(), [])
  const { title, lead, requestId } = useRefusal()(problem)
  return (
    <Alert ref={alert} tabIndex={-1} className="landing" color="red" variant="light" title={title}>
      {lead}
      {problem.faults.map(({ field, message }) => (
        <Text key={field} fz="sm" lang="en">
          {message}
        </Text>
      ))}
      {requestId !== undefined && (
        <Text fz="sm" mt="xs">
          {t('requestId')} <Code>{requestId}</Code>
        </Text>
      )}
    </Alert>
  )
}
