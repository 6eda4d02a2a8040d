import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Server } from 'node:http'
import { createSecureContext, type Server as TlsServer } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'

const LOOK_MS = 1000

export interface CertificateFiles {
  certFile: string
  keyFile: string
}

export interface CertificatePair {
  cert: Buffer
  key: Buffer
}

/** @throws the file system's or OpenSSL's error where the two are not readable or do not belong together */
export function readPair({ certFile, keyFile }: CertificateFiles): CertificatePair {
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  createSecureContext(pair)
  return pair
}

/** Takes up a new certificate as soon as its files have changed on disk; a pair that does not fit is left alone. */
export function followCertificate(server: Server, files: CertificateFiles, log: FastifyBaseLogger): () => void {
  const take = () => {
    try {
      ;(server as unknown as TlsServer).setSecureContext(readPair(files))
      log.info({ file: files.certFile }, 'certificate loaded')
    } catch (error) {
      log.error({ file: files.certFile, error: (error as Error).message }, 'certificate refused, the last one stays')
    }
  }
  const names = [files.certFile, files.keyFile]
  for (const name of names) watchFile(name, { interval: LOOK_MS, persistent: false }, take)
  return () => {
    for (const name of names) unwatchFile(name, take)
  }
}
