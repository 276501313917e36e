export const SIGSTORE = 'application/vnd.dev.sigstore.bundle'
/** Of cosign 2, when it was told to write referrers. */
export const COSIGN = 'application/vnd.dev.cosign.artifact.'
export const NOTATION = 'application/vnd.cncf.notary.signature'
