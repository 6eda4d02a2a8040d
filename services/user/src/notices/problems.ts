import { Problem } from '@munjigi/problem'
import { conflict } from '../problems.ts'

export const noticeNotFound = () =>
  new Problem(404, 'notice-not-found', 'There is no such notice', { detail: 'Look for it in the list' })
export const noticeDelivered = () => conflict('notice-delivered', 'The notice was delivered', 'Nothing is left to send')
