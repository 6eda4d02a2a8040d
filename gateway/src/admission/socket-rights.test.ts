import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Problem } from '@munjigi/problem'
import { type Asked, bearer, openDoor, testClock } from './door.fixture.ts'
import { closeCodeOf, SocketRights } from './socket-rights.ts'

const seconds = () => Math.floor(Date.now() / 1000)

/** A door with WebSockets that are already through it. */
async function openDoorWithSockets(t: TestContext, { isHearing = true } = {}) {
  const { now, pass } = testClock()
  const door = await openDoor(t, { isHearing, now })
  const rights = new SocketRights({ authenticate: door.authenticate, changes: door.changes })
  t.after(() => rights.close())
  door.user.setPerson({ sub: 'kim', sections: [{ id: 'reports', level: 'user' }] })
  return {
    ...door,
    pass,
    /** `ended` is `<close code> <problem type>`. */
    open: async (path: string, asked?: Asked) => {
      const principal = await door.admit(path, asked)
      let end = (_text: string) => {}
      const ended = new Promise<string>((resolve) => {
        end = resolve
      })
      const socket = {
        isOpen: true,
        ended,
        ...rights.watch(principal, door.routeOf(path), (why: Problem) => {
          assert.ok(socket.isOpen, 'ended once')
          socket.isOpen = false
          end(`${closeCodeOf(why)} ${why.type}`)
        }),
      }
      return socket
    },
    /** Lets every look that is under way come to its end. */
    settle: () => door.announce({ issuer: 'nobody', sub: 'nobody' }).then(() => delay(100)),
  }
}

const CHANGES: [what: string, person: object, ending: string][] = [
  ['is disabled', { status: 'disabled' }, '4403 account-disabled'],
  ['loses the section', { sections: [] }, '4403 section-required'],
  ['waits for approval again', { role: 'PENDING' }, '4403 approval-pending'],
  ['is signed out', { ended_sids: ['s1'] }, '4401 session-ended'],
  ['ends everything', { valid_from: seconds() + 3600 }, '4401 token-outdated'],
]
for (const [what, person, ending] of CHANGES)
  for (const isHearing of [true, false])
    test(`a socket ends when its person ${what}, ${isHearing ? 'by message' : 'without messages'}`, async (t) => {
      const door = await openDoorWithSockets(t, { isHearing })
      const socket = await door.open('/ws/meal/v1/reports', bearer(door.platform.token({ sub: 'kim', sid: 's1' })))
      door.user.setPerson({ sub: 'kim', ...person })
      if (isHearing) await door.announce({ issuer: door.platform.issuer, sub: 'kim' })
      else door.pass(5.1)

      assert.equal(await socket.ended, ending)
    })

test('a change of one person ends no socket of another', async (t) => {
  const door = await openDoorWithSockets(t)
  door.user.setPerson({ sub: 'lee' })
  const kim = await door.open('/ws/case/x', bearer(door.platform.token({ sub: 'kim' })))
  const lee = await door.open('/ws/case/x', bearer(door.platform.token({ sub: 'lee' })))
  const nobody = await door.open('/ws/meal/v1/menus')
  door.user.setPerson({ sub: 'kim', status: 'disabled' })
  await door.announce({ all: true })
  await kim.ended
  await door.settle()

  assert.deepEqual([lee.isOpen, nobody.isOpen], [true, true])
})

test('a socket with new rights that still suffice stays open', async (t) => {
  const door = await openDoorWithSockets(t)
  const socket = await door.open('/ws/meal/v1/reports', bearer(door.platform.token({ sub: 'kim' })))
  door.user.setPerson({ sub: 'kim', superuser: true, rights_changed_at: seconds() })
  await door.announce({ issuer: door.platform.issuer, sub: 'kim' })
  await door.settle()

  assert.equal(socket.isOpen, true)
})

test("a socket ends with the caller's own token", async (t) => {
  const door = await openDoorWithSockets(t)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const socket = await door.open('/ws/case/x', bearer(door.platform.token({ sub: 'kim', exp: seconds() + 60 })))
  t.mock.timers.tick(60_000)

  assert.equal(await socket.ended, '4401 token-expired')
})

test('a socket does not end with the token its key was exchanged for', async (t) => {
  const door = await openDoorWithSockets(t, { isHearing: false })
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  door.user.setKey('mj_good', { sub: 'kim', key_id: 'k1' })
  door.user.setClaims({ exp: seconds() + 60 })
  const byKey = await door.open('/ws/case/x', bearer('mj_good'))
  const byToken = await door.open('/ws/case/x', bearer(door.platform.token({ sub: 'kim', exp: seconds() + 60 })))
  door.user.setClaims({})
  t.mock.timers.tick(60_000)
  await byToken.ended

  assert.equal(byKey.isOpen, true)
})

test('a socket ends with its API key', async (t) => {
  const door = await openDoorWithSockets(t)
  door.user.setKey('mj_good', { sub: 'kim', key_id: 'k1' })
  const socket = await door.open('/ws/case/x', bearer('mj_good'))
  door.user.removeKey('mj_good')
  await door.announce({ key_id: 'k1' })

  assert.equal(await socket.ended, '4401 unknown-credential')
})

test('a socket ends when its token belongs to another person from now on', async (t) => {
  const door = await openDoorWithSockets(t)
  const atKeycloak = { issuer: door.keycloak.issuer, sub: 'kc' }
  door.user.setPerson({ sub: 'kim', names: [atKeycloak] })
  const socket = await door.open('/ws/case/x', bearer(door.keycloak.token({ sub: 'kc', azp: 'kakao-bot' })))
  door.user.setPerson({ sub: 'kim' })
  door.user.setPerson({ sub: 'lee', names: [atKeycloak] })
  await door.announce({ issuer: door.platform.issuer, sub: 'kim' })

  assert.equal(await socket.ended, '4401 session-ended')
})

test('while user is away a socket stays, unless its person was announced as changed', async (t) => {
  const door = await openDoorWithSockets(t)
  door.user.setPerson({ sub: 'lee' })
  const kim = await door.open('/ws/case/x', bearer(door.platform.token({ sub: 'kim' })))
  const lee = await door.open('/ws/case/x', bearer(door.platform.token({ sub: 'lee' })))
  door.user.answerWith((_request, response) => void response.writeHead(500).end())
  await door.announce({ all: true })
  await door.settle()
  assert.deepEqual([kim.isOpen, lee.isOpen], [true, true])
  await door.announce({ issuer: door.platform.issuer, sub: 'kim' })

  assert.equal(await kim.ended, '1013 access-unknown')
  assert.equal(lee.isOpen, true)
})

test('a reload that asks for more ends the sockets that have less', async (t) => {
  const door = await openDoorWithSockets(t)
  const socket = await door.open('/ws/case/x', bearer(door.platform.token({ sub: 'kim' })))
  const anonymous = await door.open('/ws/meal/v1/menus')
  const open = await door.open('/ws/auth/login')
  socket.move(door.routeOf('/ws/meal/v1/reports'))
  await door.settle()
  assert.equal(socket.isOpen, true)
  socket.move(door.routeOf('/ws/admin/x'))
  anonymous.move(door.routeOf('/ws/case/x'))
  open.move(door.routeOf('/ws/auth/v1/me'))

  assert.equal(await socket.ended, '4403 section-required')
  assert.equal(await anonymous.ended, '4401 token-missing')
  assert.equal(await open.ended, '4401 token-missing')
})

test('a socket that has closed is looked after no longer', async (t) => {
  const door = await openDoorWithSockets(t)
  const socket = await door.open('/ws/case/x', bearer(door.platform.token({ sub: 'kim' })))
  socket.stop()
  door.user.setPerson({ sub: 'kim', status: 'disabled' })
  await door.announce({ issuer: door.platform.issuer, sub: 'kim' })
  await door.settle()

  assert.equal(socket.isOpen, true)
})

test('many sockets lose their right together', async (t) => {
  const door = await openDoorWithSockets(t)
  const sockets = []
  for (let i = 0; i < 200; i++) {
    door.user.setPerson({ sub: `p${i}` })
    sockets.push(await door.open('/ws/case/x', bearer(door.platform.token({ sub: `p${i}` }))))
  }
  for (let i = 0; i < 200; i++) door.user.setPerson({ sub: `p${i}`, status: 'disabled' })
  await door.announce({ all: true })

  const endings = await Promise.all(sockets.map(({ ended }) => ended))
  assert.deepEqual(new Set(endings), new Set(['4403 account-disabled']))
})
