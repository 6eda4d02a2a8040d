import type { TestedLogin } from '@munjigi/contracts/auth-contexts'
import { contextKey, type Target } from '../contexts/context.ts'
import { loginRecords } from '../contexts/login-records.ts'
import type { StationDeps } from '../deps.ts'
import type { EgressAnswer } from '../egress/egress.ts'
import { answerReader, NothingFound } from '../extraction/answer-reader.ts'
import { MASK, maskedBody, maskedHeaders, withoutSecrets } from '../extraction/masking.ts'
import { loginInProgress, needsAuth, profileChanging, profileNotFound, testLoginFailed } from '../problems.ts'
import { openedProfile } from '../profiles/opened-profile.ts'
import { profileStore } from '../profiles/profile-store.ts'
import { maskedContent, openContent } from '../profiles/sealed-content.ts'
import { storedContent } from '../profiles/stored-content.ts'
import { secretsOf } from '../templates/exposed-secrets.ts'
import { logIn } from './login.ts'
import type { LoginOutcome } from './login-outcome.ts'

/** How much of a test its reader may see. */
interface Shown {
  /** `secrets`: what was sent, and what it brought. */
  body(answer: EgressAnswer, secrets: string[]): unknown
  headers(headers: EgressAnswer['headers'], secrets: string[]): Record<string, string>
  field(value: string): string
}

/** For everybody who may test. */
export const MASKED: Shown = {
  body: (answer, secrets) => withoutSecrets(maskedBody(answer), secrets),
  headers: (headers, secrets) => withoutSecrets(maskedHeaders(headers), secrets),
  field: () => MASK,
}

/** For who may see secrets. */
export const OPEN: Shown = { body: openBody, headers: joined, field: (value) => value }

/**
 * Logs in and tells what came of it. Nothing is kept but a line in the log and the count of failures; a login that is
 * in use stays. @throws Problem 400 with what came back where it fails, 409 where it may not be tried, 503 while another one runs
 */
export async function testLogin(deps: StationDeps, target: Target, shown: Shown): Promise<TestedLogin> {
  const key = contextKey(target)
  // Several at once would try a wrong password more often than it is counted.
  if (deps.testing.has(key)) throw loginInProgress()
  deps.testing.add(key)
  return testAlone(deps, target, shown).finally(() => deps.testing.delete(key))
}

async function testAlone(
  { db, sealing, egress, now, countLogin }: StationDeps,
  { sub, service_id }: Target,
  shown: Shown,
): Promise<TestedLogin> {
  const row = await profileStore(db).find(sub, service_id)
  if (!row) throw profileNotFound()
  if (row.status === 'needs_auth') throw needsAuth()
  const profile = openedProfile(row, sealing)
  const records = loginRecords(db, now, countLogin)
  const login_number = await records.begin(profile)
  if (login_number === undefined) throw profileChanging()

  const outcome = await logIn(profile, { egress, now })
  const attempt = { profile, login_number, refresh_type: 'test' as const, outcome }
  await (outcome.failure ? records.failed(attempt) : records.tested(attempt))
  const stored = storedContent(row)
  const secrets = secretsOf(openContent(stored, row, sealing)).map(({ text }) => text)
  const { extraction_rules } = maskedContent(stored)
  const told = { ...toldOutcome(outcome, shown, secrets), extraction_rules }
  if (outcome.failure) throw testLoginFailed(sentenceOf(outcome), told)
  return told
}

function toldOutcome(outcome: LoginOutcome, shown: Shown, sent: string[]): Omit<TestedLogin, 'extraction_rules'> {
  const { result, salvaged, answer, status } = outcome
  const brought = result?.fields ?? salvaged
  const secrets = [...sent, ...Object.values(brought)]
  const found = Object.entries(brought).map(([name, value]) => [name, shown.field(value)])
  return {
    success: result !== undefined,
    message: summaryOf(outcome),
    status_code: status ?? null,
    response_body: answer ? shown.body(answer, secrets) : null,
    response_headers: answer ? shown.headers(answer.headers, secrets) : {},
    extracted_context: Object.fromEntries(found),
  }
}

function summaryOf({ result, status, durationMs }: LoginOutcome): string {
  const said = status === undefined ? (result ? 'Nobody to ask' : 'No answer') : `HTTP ${status}`
  return `${said} (${Math.round(durationMs)}ms)`
}

// The status stands in both.
const sentenceOf = (outcome: LoginOutcome): string =>
  `${summaryOf(outcome)}: ${outcome.failure?.message.replace(`HTTP ${outcome.status}: `, '')}`

function openBody(answer: EgressAnswer): unknown {
  const reader = answerReader(answer)
  for (const read of [reader.json, () => reader.body(undefined)]) {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof NothingFound)) throw error
    }
  }
  return maskedBody(answer)
}

function joined(headers: EgressAnswer['headers']): Record<string, string> {
  const lines = Map.groupBy(headers, ([name]) => name)
  return Object.fromEntries([...lines].map(([name, values]) => [name, values.map(([, value]) => value).join(', ')]))
}
