import { Problem } from '@munjigi/problem'

export const noticeNotFound = () =>
  new Problem(404, 'notice-not-found', 'There is no such notice', { detail: 'Look for it in the list' })
export const noticeDelivered = () =>
  new Problem(409, 'notice-delivered', 'The notice was delivered', { detail: 'Nothing is left to send' })
