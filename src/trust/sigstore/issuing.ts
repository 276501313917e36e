import type { X509Certificate } from '@sigstore/core'

/** Whether the library takes one for a possible issuer of the other, before it looks at the signature. */
export function mayHaveIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  const wanted = certificate.extAuthorityKeyID?.keyIdentifier
  const has = issuer.extSubjectKeyID?.keyIdentifier
  return wanted !== undefined && has !== undefined ? has.equals(wanted) : issuer.subject.equals(certificate.issuer)
}
