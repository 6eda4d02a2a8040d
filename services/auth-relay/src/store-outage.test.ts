import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Store } from '@munjigi/store/store'
import { testStore } from '@munjigi/testing/store'
import { formOf, refusalOf, testBrowser } from './browser.fixture.ts'
import { type TestRelay, testChatbot, testRelay } from './relay.fixture.ts'
import { stubIdp } from './stub-idp.fixture.ts'

const gone = () => Object.assign(new Error('gone'), { statusCode: 503 })

/** What becomes of one call of a store: it is not made, or made and its answer lost. */
const outages: Record<string, (call: () => Promise<unknown>) => Promise<never>> = {
  'is gone': () => Promise.reject(gone()),
  'takes a call and is gone': async (call) => {
    await call()
    throw gone()
  },
}

/** A store whose `which`-th call has an outage, counted from 1; `calls` is how many there were. */
function failingOnce(t: TestContext, which: number, outage: (call: () => Promise<unknown>) => Promise<never>) {
  const inner = testStore()
  t.after(inner.close)
  let calls = 0
  const failing =
    <Arguments extends unknown[], Answer>(call: (...given: Arguments) => Promise<Answer>) =>
    (...given: Arguments): Promise<Answer> => {
      calls += 1
      return calls === which ? outage(() => call(...given)) : call(...given)
    }
  const { get, set, add, take, remove } = inner
  const store: Store = {
    ...inner,
    get: failing(get),
    set: failing(set),
    add: failing(add),
    take: failing(take),
    remove: failing(remove),
  }
  return { store, calls: () => calls }
}

/** From the link to the end, step by step until one is refused. */
async function logIn(relay: TestRelay, stub: Awaited<ReturnType<typeof stubIdp>>, link: string): Promise<Response> {
  const browser = testBrowser(relay)
  const page = await browser.get(link)
  if (page.status !== 200) return page
  const { action, token } = formOf(await page.text())
  const onward = await browser.post(action, { token })
  const signInPage = onward.headers.get('location')
  return signInPage === null ? onward : browser.get(stub.signIn(new URL(signInPage)))
}

for (const [name, outage] of Object.entries(outages)) {
  test(`whenever in a login the store ${name}, it is no login, and no token lives that nobody holds`, async (t) => {
    const [stub, chatbot] = [await stubIdp(t), await testChatbot(t)]
    let isWhole = false
    for (let which = 1; !isWhole; which += 1) {
      const [exchanged, revoked] = [stub.exchanged.length, stub.revoked.length]
      const { store, calls } = failingOnce(t, which, outage)
      const relay = await testRelay(t, { idp: stub, chatbot, store })
      const answer = await logIn(relay, stub, await relay.link())
      isWhole = calls() < which

      if (isWhole) assert.equal(answer.status, 200)
      else assert.deepEqual(await refusalOf(answer), [503, 'unavailable'], `call ${which}`)
      const [newTokens, ended] = [stub.exchanged.length - exchanged, stub.revoked.length - revoked]
      assert.equal(ended, isWhole ? 0 : newTokens, `call ${which}`)
    }
  })
}
