import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from './problem.ts'

test('a problem becomes the body of RFC 9457 with the request id', () => {
  const problem = new Problem(409, 'email-taken', 'That email is already in use', {
    detail: 'Sign in instead',
    extensions: { field: 'email' },
  })

  assert.deepEqual(problem.body('r-1'), {
    type: '/problems/email-taken',
    title: 'That email is already in use',
    status: 409,
    detail: 'Sign in instead',
    request_id: 'r-1',
    field: 'email',
  })
})

test('absent members stay out of the body', () => {
  assert.deepEqual(new Problem(404, 'not-found', 'Not found').body(), {
    type: '/problems/not-found',
    title: 'Not found',
    status: 404,
  })
})
