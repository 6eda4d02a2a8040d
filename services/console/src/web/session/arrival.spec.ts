import { expect, test } from 'vitest'
import { takeArrival } from './arrival.ts'

function arriveAt(path: string) {
  const left: unknown[] = []
  const history = { state: null, replaceState: (...call: unknown[]) => void left.push(call.at(-1)) }
  return { arrival: takeArrival({ href: `http://localhost:9060${path}` }, history), left }
}

test('a token leaves the address and the rest of it stays', () => {
  const { arrival, left } = arriveAt('/people/waiting?page=2&token=a.b.c#top')

  expect(arrival).toEqual({ token: 'a.b.c' })
  expect(left).toEqual(['/people/waiting?page=2#top'])
})

test('a code leaves the address', () => {
  expect(arriveAt('/?code=xyz')).toEqual({ arrival: { code: 'xyz' }, left: ['/'] })
})

test('every copy of a token leaves, and an empty one brings nothing', () => {
  expect(arriveAt('/?token=one&token=two').left).toEqual(['/'])
  expect(arriveAt('/?token=')).toEqual({ arrival: {}, left: ['/'] })
})

test('the token of a link leaves the address with all that stands behind #', () => {
  expect(arriveAt('/reset-password#token=abc-_')).toEqual({
    arrival: { resetToken: 'abc-_' },
    left: ['/reset-password'],
  })
  expect(arriveAt('/reset-password#token=')).toEqual({ arrival: {}, left: ['/reset-password'] })
})

test('an address without any of them is left alone', () => {
  expect(arriveAt('/?page=2')).toEqual({ arrival: {}, left: [] })
  expect(arriveAt('/#content')).toEqual({ arrival: {}, left: [] })
})
