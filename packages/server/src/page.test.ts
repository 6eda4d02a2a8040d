import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Problem } from '@munjigi/problem'
import { createServer } from './create-server.ts'
import { failurePage } from './failure-page.ts'
import { preferredLanguage, sendPage } from './page.ts'

const app = createServer({ name: 'test', logLevel: 'silent' })
after(() => app.close())
const hostile = `"'><script>alert(1)</script>&amp;`

app.get('/link', (_request, reply) =>
  sendPage(reply, {
    status: 200,
    language: 'en',
    title: hostile,
    paragraphs: [hostile, hostile],
    action: { label: hostile, href: hostile },
    footnote: hostile,
  }),
)
app.get('/form', (_request, reply) =>
  sendPage(reply, {
    status: 200,
    language: 'ko',
    title: '로그인',
    paragraphs: [],
    action: { label: '계속', post: hostile, fields: { [hostile]: hostile } },
    formTargets: ["'self'", 'https://sso.example.com'],
  }),
)
app.register(async (scope) => {
  scope.setErrorHandler(failurePage(({ type }, language) => ({ title: `${type} ${language}`, paragraphs: [] })))
  scope.get('/refused', async () => {
    throw new Problem(409, 'taken', 'Taken', { headers: { 'retry-after': '3' } })
  })
  scope.get('/broken', async () => {
    throw new TypeError('select * from secrets')
  })
  scope.get('/outage', async () => {
    throw Object.assign(new Error('no redis'), { statusCode: 503 })
  })
})

test('whatever a page is made of stays text', async () => {
  for (const url of ['/link', '/form']) {
    const { body } = await app.inject(url)
    assert.ok(!body.includes('<script') && !body.includes(hostile))
    assert.ok(body.includes('&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;'))
  }
})

test('a page runs nothing, is not framed and not kept, and its form leads only where it is said', async () => {
  const link = await app.inject('/link')
  const form = await app.inject('/form')
  const policies = [link, form].map(({ headers }) => String(headers['content-security-policy']))

  for (const policy of policies) {
    for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"])
      assert.ok(policy.includes(rule))
    assert.ok(!policy.includes('unsafe'))
  }
  assert.ok(policies[0]?.includes("form-action 'none'"))
  assert.ok(policies[1]?.includes("form-action 'self' https://sso.example.com;"))
  assert.equal(link.headers['cache-control'], 'no-store')
  assert.equal(link.headers['x-frame-options'], 'DENY')
  assert.equal(link.headers['referrer-policy'], 'no-referrer')
})

test('a browser is told of a failure by a page, others by the problem, with the same status and headers', async () => {
  const headers = { accept: 'text/html,*/*;q=0.8', 'accept-language': 'en', 'x-request-id': 'number-1' }
  const page = await app.inject({ url: '/refused', headers })
  const problem = await app.inject('/refused')

  assert.deepEqual([page.statusCode, page.headers['retry-after']], [409, '3'])
  assert.match(page.body, /<h1>taken en<\/h1>.*Request: number-1/s)
  assert.deepEqual([problem.statusCode, problem.json().type], [409, '/problems/taken'])
  assert.equal(problem.headers['cache-control'], 'no-store')
})

test('a bug and an outage have pages of their own that say nothing of the inside', async () => {
  const headers = { accept: 'text/html' }
  const broken = await app.inject({ url: '/broken', headers })
  const outage = await app.inject({ url: '/outage', headers })

  assert.equal(broken.statusCode, 500)
  assert.match(broken.body, /<h1>internal ko<\/h1>/)
  assert.ok(!broken.body.includes('secrets'))
  assert.deepEqual([outage.statusCode, outage.headers['retry-after']], [503, '1'])
  assert.match(outage.body, /<h1>unavailable ko<\/h1>/)
})

test('the language is the first of ours by the weights a browser gives, Korean where it names none', () => {
  const expected: [string | undefined, string][] = [
    [undefined, 'ko'],
    ['', 'ko'],
    ['en-US,en;q=0.9,ko;q=0.8', 'en'],
    ['fr, ko;q=0.5, en;q=0.4', 'ko'],
    ['ko;q=0, en', 'en'],
    ['*', 'ko'],
  ]
  for (const [header, language] of expected) assert.equal(preferredLanguage(header), language, header)
})
