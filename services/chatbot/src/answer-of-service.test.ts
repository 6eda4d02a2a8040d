import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAnswer } from './answer-of-service.ts'

const problem = (status: number, type: unknown) => Response.json({ type, title: 'no' }, { status })

test('a refusal is known by its status and type', async () => {
  await assert.rejects(readAnswer(problem(403, '/problems/menu-right-required')), {
    name: 'Problem',
    status: 403,
    type: 'menu-right-required',
  })
})

test('what is no type is not taken for one: it may hold anything, and types are logged', async () => {
  for (const type of [
    'eyJhbGciOi.J9.x',
    '/problems/',
    `a${'b'.repeat(100)}`,
    'a b',
    '/problems/../x',
    5,
    null,
    undefined,
  ])
    await assert.rejects(readAnswer(problem(400, type)), { status: 400, type: 'unavailable' }, String(type))
  await assert.rejects(readAnswer(new Response('<html>', { status: 502 })), { status: 502, type: 'unavailable' })
  await assert.rejects(readAnswer(new Response('<html>')), { status: 502, type: 'unavailable' })
})
