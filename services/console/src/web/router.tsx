import { NEW_PASSWORD_PATH, WAITING_PEOPLE_PATH } from '@munjigi/contracts/console'
import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { Door } from './door/Door.tsx'
import { NewPassword } from './door/NewPassword.tsx'
import { Approvals } from './pages/Approvals.tsx'
import { Home } from './pages/Home.tsx'
import { NotFound } from './pages/NotFound.tsx'

const root = createRootRoute({ component: Door, notFoundComponent: NotFound })
const home = createRoute({ getParentRoute: () => root, path: '/', component: Home })
const waiting = createRoute({ getParentRoute: () => root, path: WAITING_PEOPLE_PATH, component: Approvals })
const newPassword = createRoute({ getParentRoute: () => root, path: NEW_PASSWORD_PATH, component: NewPassword })

export const router = createRouter({ routeTree: root.addChildren([home, waiting, newPassword]), defaultPreload: false })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
