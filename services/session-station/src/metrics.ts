import { Counter, Histogram, type Registry } from 'prom-client'
import type { LoginOutcome } from './login/login-outcome.ts'

export type CountLogin = (attempt: { refresh_type: string; outcome: LoginOutcome }) => void

/** What operations watch: how logins at outside services go, and how long they take. No label names a person or a service. */
export function loginMetrics(registry: Registry): CountLogin {
  const logins = new Counter({
    name: 'session_station_logins_total',
    help: 'Logins, renewals and test logins by outcome: succeeded, or the class of the failure',
    labelNames: ['refresh_type', 'outcome'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'session_station_login_duration_seconds',
    help: 'Duration of logins, renewals and test logins',
    labelNames: ['refresh_type'],
    buckets: [0.1, 0.3, 1, 3, 10, 30],
    registers: [registry],
  })
  return ({ refresh_type, outcome }) => {
    logins.inc({ refresh_type, outcome: outcome.failure?.kind ?? 'succeeded' })
    duration.observe({ refresh_type }, outcome.durationMs / 1000)
  }
}
