const BUCKETS_S = [0.005, 0.02, 0.1, 0.5, 1, 5]
const OUTSIDE = 'none'

class ModuleFigures {
  /** By method, then status. */
  readonly requests = new Map<string, Map<number, number>>()
  readonly buckets = BUCKETS_S.map(() => 0)
  count = 0
  seconds = 0

  add(method: string, status: number, seconds: number): void {
    const statuses = this.requests.get(method) ?? new Map<number, number>()
    if (statuses.size === 0) this.requests.set(method, statuses)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    this.count += 1
    this.seconds += seconds
    let bucket = 0
    while (bucket < BUCKETS_S.length && seconds > (BUCKETS_S[bucket] as number)) bucket += 1
    if (bucket < BUCKETS_S.length) this.buckets[bucket] = (this.buckets[bucket] as number) + 1
  }
}

/** How a request failed at its service. */
export type Failure = 'unreachable' | 'failed' | 'timeout' | 'busy'

/** A figure that is read when it is asked for. */
export interface Gauge {
  name: string
  help: string
  type: 'gauge' | 'counter'
  read(): Iterable<[labels: Record<string, string>, value: number]>
}

/** Plain counters, made into Prometheus' text format only when somebody asks. */
export class Figures {
  readonly #modules = new Map<string, ModuleFigures>()
  readonly #failures = new Map<string, Map<Failure, number>>()
  readonly #gauges: Gauge[] = []

  addRequest(module: string | undefined, method: string, status: number, durationMs: number): void {
    const name = module ?? OUTSIDE
    const figures = this.#modules.get(name) ?? new ModuleFigures()
    if (figures.count === 0) this.#modules.set(name, figures)
    figures.add(method, status, durationMs / 1000)
  }

  addFailure(service: string, failure: Failure): void {
    const failures = this.#failures.get(service) ?? new Map<Failure, number>()
    this.#failures.set(service, failures.set(failure, (failures.get(failure) ?? 0) + 1))
  }

  addGauge(gauge: Gauge): void {
    this.#gauges.push(gauge)
  }

  render(): string {
    const requests = [...this.#modules].flatMap(([module, { requests }]) =>
      [...requests].flatMap(([method, statuses]) =>
        [...statuses].map(([status, count]) => sample({ module, method, status: String(status) }, count)),
      ),
    )
    const failures = [...this.#failures].flatMap(([service, kinds]) =>
      [...kinds].map(([kind, count]) => sample({ service, kind }, count)),
    )
    return [
      ...family('gateway_requests_total', 'counter', 'Requests by module, method and status', requests),
      ...family('gateway_upstream_failures_total', 'counter', 'Requests that failed at their service', failures),
      ...family('gateway_request_duration_seconds', 'histogram', 'Duration of requests by module', this.#durations()),
      ...this.#gauges.flatMap(({ name, type, help, read }) =>
        family(
          name,
          type,
          help,
          [...read()].map(([labels, value]) => sample(labels, value)),
        ),
      ),
    ].join('\n')
  }

  #durations(): string[] {
    return [...this.#modules].flatMap(([module, { buckets, count, seconds }]) => {
      const upTo = (i: number) => buckets.slice(0, i + 1).reduce((sum, one) => sum + one, 0)
      const steps = BUCKETS_S.map((le, i) => `_bucket${sample({ module, le: String(le) }, upTo(i))}`)
      const end = [`_bucket${sample({ module, le: '+Inf' }, count)}`, `_sum${sample({ module }, seconds)}`]
      return [...steps, ...end, `_count${sample({ module }, count)}`]
    })
  }
}

function family(name: string, type: string, help: string, samples: string[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((text) => `${name}${text}`)]
}

function sample(labels: Record<string, string>, value: number): string {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${text.replace(/["\\\n]/g, '\\$&')}"`)
  return `${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`
}
