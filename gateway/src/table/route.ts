import type { Rule } from './rules.ts'
import type { ServiceSettings } from './service-settings.ts'

export interface Route {
  readonly module: string
  readonly service: ServiceSettings
  readonly rule: Rule
  /** Decoded path inside the module, version first: `/v1/menus` for both `/api/meal/v1/menus` and `/api/v1/meal/menus`. */
  readonly insidePath: string
  /** What goes upstream, byte for byte, without the query. */
  readonly forwardPath: string
}
