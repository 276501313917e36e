import { X509Certificate } from 'node:crypto'
import { loadTlsFiles } from '../http/tls-files.ts'
import { type Check, type Finding, reasonOf, reporter } from './finding.ts'

const { ok, warn, fail } = reporter('certificate')
const DAY_MS = 86_400_000
const SOON_DAYS = 21

export const checkCertificate: Check = async ({ tls, externalUrl }) => {
  if (tls === undefined) return []
  try {
    const certificate = new X509Certificate(loadTlsFiles(tls).cert)
    return [ok('the key belongs to the certificate'), validity(certificate), ...names(certificate, externalUrl)]
  } catch (error) {
    return [fail(reasonOf(error), 'Give the server a chain and the key it was made for (tls.cert, tls.key).')]
  }
}

function validity({ validFrom, validTo }: X509Certificate): Finding {
  const now = Date.now()
  const days = Math.floor((Date.parse(validTo) - now) / DAY_MS)
  const renew = 'Renew it; the server takes new files without a restart.'
  if (Date.parse(validFrom) > now)
    return fail(`it is not valid before ${validFrom}`, 'Look at the clock of this machine, or wait.')
  if (days < 0) return fail(`it expired on ${validTo}`, renew)
  return days < SOON_DAYS ? warn(`it expires in ${days} days`, renew) : ok(`it is valid for another ${days} days`)
}

function names(certificate: X509Certificate, externalUrl: string | undefined): Finding[] {
  if (externalUrl === undefined) return []
  const host = new URL(externalUrl).hostname.replace(/^\[(.*)\]$/, '$1')
  const isFor = (certificate.checkHost(host) ?? certificate.checkIP(host)) !== undefined
  if (isFor) return [ok(`it is for ${host}`)]
  return [
    warn(
      `it is not for ${host}, the host of externalUrl, but for ${certificate.subjectAltName ?? 'no name at all'}`,
      'Clients that reach this server directly refuse it; fine only where a proxy with its own certificate stands in front.',
    ),
  ]
}
