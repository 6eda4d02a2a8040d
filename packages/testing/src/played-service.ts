import type { ServerResponse } from 'node:http'

/** Answers a request to a service that is played. */
export function answer(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
}

/** Answers with a problem of that type, as our services do. */
export function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ type: `/problems/${type}`, title: type, status }))
}
