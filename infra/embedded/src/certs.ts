import { developmentCertificate } from './development-certificate.ts'
import { CERTS_FOLDER } from './folders.ts'

const { certFile, keyFile } = await developmentCertificate(CERTS_FOLDER)
process.stdout.write(`${certFile}\n${keyFile}\n`)
