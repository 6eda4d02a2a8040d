import type { Credentials, PasswordReset } from '@munjigi/contracts/passwords'
import type { Answer, TestPerson } from './gateway.fixture.ts'

const MIN_CHARACTERS = 8
const NO_CONTENT: Answer = { status: 204 }

/** The user service's sign-in by password and its links, as far as a browser meets them. */
export function testPasswords(people: TestPerson[], open: (person: TestPerson) => Answer) {
  const passwords = new Map<TestPerson, string>()
  const links = new Map<string, TestPerson>()
  const settings = { waitSeconds: 0 }

  function login(body: string): Answer {
    const { email, password, delivery } = JSON.parse(body) as Credentials
    if (settings.waitSeconds > 0) return problem(429, 'too-many-attempts', { 'retry-after': `${settings.waitSeconds}` })
    const person = people.find((one) => one.email === email && passwords.get(one) === password)
    if (person === undefined || delivery !== 'cookie') return problem(401, 'credentials-invalid')
    return person.status === 'active' ? open(person) : problem(403, `account-${person.status}`)
  }
  function reset(body: string): Answer {
    const { token, new_password } = JSON.parse(body) as PasswordReset
    const person = links.get(token)
    if (person === undefined) return problem(401, 'reset-link-invalid')
    if (new_password.length < MIN_CHARACTERS) return tooShort
    links.delete(token)
    passwords.set(person, new_password)
    return NO_CONTENT
  }
  return { passwords, links, settings, login, reset }
}

const problem = (status: number, type: string, headers = {}): Answer => ({
  status,
  body: { type: `/problems/${type}`, status, request_id: 'request-of-the-test' },
  headers,
})

const tooShort: Answer = {
  status: 400,
  body: {
    type: '/problems/invalid-request',
    status: 400,
    faults: [{ field: 'new_password', message: `must have at least ${MIN_CHARACTERS} characters` }],
  },
}
