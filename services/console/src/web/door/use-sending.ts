import { type FormEvent, useState } from 'react'
import type { ApiProblem } from '../problem.ts'

/** Sends a form, once at a time; what was typed is read at that moment and kept nowhere. */
export function useSending(send: (fields: FormData) => Promise<ApiProblem | undefined>) {
  const [isBusy, setIsBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (isBusy) return
    setIsBusy(true)
    setProblem(undefined)
    setProblem(await send(new FormData(event.currentTarget)).finally(() => setIsBusy(false)))
  }
  return { onSubmit, isBusy, problem }
}
