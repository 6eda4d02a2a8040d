import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { BENCH_UPSTREAM, BENCH_PORT, BENCH_ISSUER = '', BENCH_AUDIENCE = '' } = process.env
const upstream = `http://127.0.0.1:${BENCH_UPSTREAM}`
const keys = createRemoteJWKSet(new URL(`${upstream}/.well-known/jwks.json`))
const app = Fastify({ logger: true })
app.addHook('onRequest', async (request) => {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
  const options = {
    issuer: BENCH_ISSUER,
    audience: BENCH_AUDIENCE,
    algorithms: ['RS256'],
    typ: 'at+jwt',
    requiredClaims: ['exp', 'iat', 'sub'],
  }
  const { payload } = await jwtVerify(token, keys, options)
  request.headers['x-user-sub'] = payload.sub
})
await app.register(httpProxy, { upstream })
await app.listen({ port: Number(BENCH_PORT), host: '127.0.0.1' })
