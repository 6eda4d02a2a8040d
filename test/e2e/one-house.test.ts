import { after, before, suite } from 'node:test'
import { type TestHouse, testHouse } from './house.ts'
import { journey } from './journey.ts'
import { loginLink } from './login-link.ts'
import { passwords } from './passwords.ts'
import { serviceAccount } from './service-account.ts'

suite('the house that `npm start` opens', () => {
  let house: TestHouse
  const open = () => house

  before(async () => {
    house = await testHouse()
  })
  after(() => house?.[Symbol.asyncDispose]())

  journey(open)
  passwords(open)
  serviceAccount(open)
  loginLink(open)
})
