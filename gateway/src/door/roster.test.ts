import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Member, NOWHERE, Roster } from './roster.ts'

const standing = (roster: Roster<Member>): Set<Member> => {
  const found = new Set<Member>()
  roster.visitAll((member) => void found.add(member))
  return found
}

test('whoever came and did not leave stands on the roster, and nobody else', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (moves) => {
      const members = Array.from({ length: 10 }, () => ({ place: NOWHERE }))
      const roster = new Roster<Member>()
      const expected = new Set<Member>()
      for (const index of moves) {
        const member = members[index] as Member
        if (expected.delete(member)) roster.delete(member)
        else roster.add(expected.add(member) && member)
      }

      assert.deepEqual(standing(roster), expected)
      assert.equal(roster.size, expected.size)
    }),
  )
})

test('who leaves while all are visited makes nobody miss their visit', () => {
  const members = Array.from({ length: 8 }, () => ({ place: NOWHERE }))
  const roster = new Roster<Member>()
  for (const member of members) roster.add(member)
  const visited = new Set<Member>()
  roster.visitAll((member) => {
    visited.add(member)
    roster.delete(member)
  })

  assert.equal(visited.size, members.length)
  assert.equal(roster.size, 0)
})

test('to leave twice takes nobody else away', () => {
  const roster = new Roster<Member>()
  const [one, other] = [{ place: NOWHERE }, { place: NOWHERE }]
  roster.add(one)
  roster.add(other)
  roster.delete(one)
  roster.delete(one)

  assert.deepEqual(standing(roster), new Set([other]))
})
