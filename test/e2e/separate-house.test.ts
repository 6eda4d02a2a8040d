import { after, before, suite } from 'node:test'
import { badDays } from './bad-days.ts'
import { chatbotBadDays } from './chatbot-bad-days.ts'
import { endings } from './endings.ts'
import { type SeparateHouse, separateHouse, withoutServers } from './separate-house.ts'

// One house for all of them, which each leaves as it found it: that a house recovers is what they are about.
suite('in processes of their own on PostgreSQL and Redis', { skip: withoutServers }, () => {
  let house: SeparateHouse
  const open = () => house

  before(async () => {
    house = await separateHouse()
  })
  after(() => house?.[Symbol.asyncDispose]())

  badDays(open)
  chatbotBadDays(open)
  endings(open)
})
