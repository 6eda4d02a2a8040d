import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { EgressError } from './egress.ts'

/** JSON and HTML reach 30, a bomb of zeros 1000. */
const RATIO = 100
/** Below it any ratio does no harm. */
const HARMLESS_BYTES = 1024 * 1024
const CODINGS_AT_MOST = 2
/** RFC 8878 §3.1.1.1.2: windows of 8 MB are to be had everywhere, larger ones cost us memory. */
const ZSTD_WINDOW_LOG = 23

type Decode = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const inflate = promisify(zlib.inflate)
const inflateRaw = promisify(zlib.inflateRaw)
const gunzip = promisify(zlib.gunzip)
const brotli = promisify(zlib.brotliDecompress)
const zstd = promisify(zlib.zstdDecompress)

const DECODERS: Record<string, Decode> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  // RFC 9110 §8.4.1.2: some send it without the zlib wrapper.
  deflate: (body, options) => (isZlib(body) ? inflate : inflateRaw)(body, options),
  br: brotli,
  zstd: (body, options) =>
    zstd(body, { ...options, params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
}

const NO_CODINGS = ['', 'identity', 'chunked']
export const ACCEPTED_CODINGS = 'gzip, deflate, br, zstd'

/** Takes off what `content-encoding` and `transfer-encoding` name, last first, within `maxBytes` and a ratio. @throws EgressError */
export async function decoded(body: Buffer, contentEncoding: string, maxBytes: number): Promise<Buffer> {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => !NO_CODINGS.includes(coding))
  if (codings.length > CODINGS_AT_MOST) throw unreadable()
  const maxOutputLength = Math.min(maxBytes, Math.max(HARMLESS_BYTES, body.length * RATIO))
  let open = body
  for (const coding of codings.reverse()) open = await opened(open, coding, maxOutputLength)
  return open
}

async function opened(body: Buffer, coding: string, maxOutputLength: number): Promise<Buffer> {
  const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined
  if (decode === undefined) throw unreadable()
  // Of HEAD, 204 and 304; a decoder would miss its header.
  if (body.length === 0) return body
  try {
    return await decode(body, { maxOutputLength })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw unreadable(error)
    throw new EgressError('too-large', 'the answer is too large when it is decompressed', {
      wasSent: true,
      cause: error,
    })
  }
}

/** RFC 1950 §2.2. */
const isZlib = (body: Buffer) => body.length > 1 && (body.readUInt8(0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0

const unreadable = (cause?: unknown) =>
  new EgressError('encoding', 'the answer cannot be decompressed', { wasSent: true, cause })
