import type { Upstreams } from '../forwarding/upstream.ts'
import type { RouteTable } from '../table/route-table.ts'
import type { Sockets } from '../websocket/sockets.ts'
import type { Figures } from './figures.ts'

interface Watched {
  table: () => RouteTable
  upstreams: Upstreams
  sockets: Sockets
  keyFetches: KeyFetches
}

/** How often the keys of each issuer were had, and how often not. */
export class KeyFetches {
  readonly byIssuer = new Map<string, { ok: number; failed: number }>()

  add = (issuer: string, outcome: 'ok' | 'failed'): void => {
    const counts = this.byIssuer.get(issuer) ?? { ok: 0, failed: 0 }
    counts[outcome] += 1
    this.byIssuer.set(issuer, counts)
  }
}

/** What is not counted as it happens but looked up when somebody asks. */
export function gatewayFigures(figures: Figures, { table, upstreams, sockets, keyFetches }: Watched): void {
  figures.addGauge({
    name: 'gateway_table_generation',
    help: 'How often a route table was loaded',
    type: 'gauge',
    read: () => [[{}, table().generation]],
  })
  figures.addGauge({
    name: 'gateway_requests_in_flight',
    help: 'Requests at services now',
    type: 'gauge',
    read: () => [...upstreams.all()].map(({ settings, inFlight }) => [{ service: settings.name }, inFlight]),
  })
  figures.addGauge({
    name: 'gateway_sockets_open',
    help: 'Open WebSockets by module',
    type: 'gauge',
    read: () => [...sockets.counts()].map(([module, count]) => [{ module }, count]),
  })
  figures.addGauge({
    name: 'gateway_key_fetches_total',
    help: "Fetches of an issuer's keys",
    type: 'counter',
    read: () =>
      [...keyFetches.byIssuer].flatMap(([issuer, { ok, failed }]) => [
        [{ issuer, outcome: 'ok' }, ok],
        [{ issuer, outcome: 'failed' }, failed],
      ]),
  })
}
