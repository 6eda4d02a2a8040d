import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_BODY_TEMPLATE, readBodyTemplate } from './body-template.ts'

const mail = { to: ['a@example.com', 'b@example.com'], subject: '"} {html}', html: '<p>$& \\ {to}</p>' }

test('the body is what the source posts, unless a template says otherwise', () => {
  assert.deepEqual(JSON.parse(readBodyTemplate(DEFAULT_BODY_TEMPLATE)(mail)), mail)
  const other = '{"mail":{"receivers":"{to}","cc":[]},"title":"[사내] {subject}","text":"{html}","for":"{to}!","n":1}'
  assert.deepEqual(JSON.parse(readBodyTemplate(other)(mail)), {
    mail: { receivers: mail.to, cc: [] },
    title: '[사내] "} {html}',
    text: mail.html,
    for: 'a@example.com,b@example.com!',
    n: 1,
  })
})

test('a template that is no JSON, names what is not there, or leaves something out is refused', () => {
  const templates: [string, RegExp][] = [
    ['{"to": {to}}', /no JSON/],
    ['{"to":"{to}","s":"{subject}","h":"{html}","x":"{constructor}"}', /\{constructor\} is none/],
    ['{"to":"{to}","s":"{subject}"}', /\{html\} is missing/],
  ]
  for (const [template, expected] of templates) assert.throws(() => readBodyTemplate(template), expected)
})
