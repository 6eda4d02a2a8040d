import type { EndpointRequest } from '../endpoint.ts'
import type { Idp } from '../idp.ts'
import type { Client } from '../realm.ts'

/** Turns a request of an authenticated client into the token endpoint's answer. */
export type TokenGrant = (idp: Idp, client: Client, request: EndpointRequest) => Promise<object>
