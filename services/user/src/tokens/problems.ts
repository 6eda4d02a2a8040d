import { Problem } from '@munjigi/problem'

export const clocksDiffer = () =>
  new Problem(503, 'clocks-differ', 'No token can be issued right now', {
    detail: 'The clocks of our servers differ: try again shortly',
    headers: { 'retry-after': '2' },
  })
