import { writeFile } from 'node:fs/promises'
import { program } from './clients.ts'
import { must } from './command.ts'
import type { Folder } from './folder.ts'

export interface Certificates {
  /** The authority's certificate, as clients want it: alone in a folder of its own. */
  readonly caFolder: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** An authority made for one test file, and a certificate of its for the loopback address. */
export async function makeCertificates(folder: Folder): Promise<Certificates> {
  const caFolder = await folder.make('ca')
  const made = {
    caFolder,
    caFile: folder.at('ca', 'ca.crt'),
    certFile: folder.at('server.crt'),
    keyFile: folder.at('server.key'),
  }
  const caKey = folder.at('ca.key')
  const openssl = (...args: readonly string[]) => must([program('openssl'), ...args])
  const authority = ['-x509', '-days', '2', '-subj', '/CN=berth test authority']
  await openssl('req', ...authority, ...EC_KEY, '-keyout', caKey, '-out', made.caFile)
  await openssl('req', ...EC_KEY, '-subj', '/CN=berth', '-keyout', made.keyFile, '-out', folder.at('server.csr'))
  await writeFile(folder.at('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  const signer = ['-CA', made.caFile, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', folder.at('names')]
  await openssl('x509', '-req', '-in', folder.at('server.csr'), ...signer, '-out', made.certFile)
  return made
}
