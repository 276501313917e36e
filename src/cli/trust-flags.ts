import { type Command, InvalidArgumentError } from 'commander'
import { Problem } from '../lib/problem.ts'
import { readUserFile } from '../lib/user-files.ts'
import type { TrustKind } from '../trust/signature.ts'

/** Who is trusted, as it is said on a command line. */
export interface TrustFlags {
  readonly key?: string
  readonly certificateIdentity?: string
  readonly certificateIdentityPattern?: string
  readonly certificateOidcIssuer?: string
  readonly trustedRoot?: string
  readonly tlogThreshold?: number
  readonly timestampThreshold?: number
  readonly ctlogThreshold?: number
  readonly notation?: string
}

export function withTrustFlags(command: Command): Command {
  return command
    .option('--key <file>', 'a public key, PEM')
    .option('--certificate-identity <text>', 'who a certificate is for, exactly: an e-mail address or a URI')
    .option('--certificate-identity-pattern <re2>', 'the same as a regular expression over the whole of it')
    .option('--certificate-oidc-issuer <url>', 'who proved that identity, exactly')
    .option('--trusted-root <file>', 'trusted_root.json of your own authorities, or "public-good" (default)')
    .option(
      '--tlog-threshold <n>',
      'entries of logs that are wanted (default: 1 where the root has logs)',
      parseThreshold,
    )
    .option(
      '--timestamp-threshold <n>',
      'proofs of time that are wanted (default: 1 where the root has any)',
      parseThreshold,
    )
    .option(
      '--ctlog-threshold <n>',
      'logs of certificates that are wanted (default: 1 where the root has any)',
      parseThreshold,
    )
    .option('--notation <file>', 'JSON with certificates, identities and level, as notation’s trust policies have them')
}

function parseThreshold(text: string): number {
  if (/^[0-8]$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number, 0 to 8')
}

/** @throws Problem: it says nobody, or two at once */
export async function readTrust(flags: TrustFlags): Promise<{ readonly kind: TrustKind; readonly body: unknown }> {
  const { key, notation, certificateIdentity, certificateIdentityPattern } = flags
  const byIdentity = certificateIdentity ?? certificateIdentityPattern
  if ([key, notation, byIdentity].filter((each) => each !== undefined).length !== 1)
    throw new Problem(
      'invalid',
      'say who is trusted by one of --key, --certificate-identity (with --certificate-oidc-issuer) and --notation',
    )
  if (key !== undefined) return { kind: 'cosign-key', body: { publicKey: await readNamed(key) } }
  if (notation !== undefined) return { kind: 'notation', body: parseJson(notation, await readNamed(notation)) }
  return { kind: 'sigstore', body: await sigstoreBody(flags) }
}

async function sigstoreBody(flags: TrustFlags): Promise<unknown> {
  const { trustedRoot = 'public-good', tlogThreshold, timestampThreshold, ctlogThreshold } = flags
  const { certificateIdentity, certificateIdentityPattern, certificateOidcIssuer } = flags
  return {
    trustedRoot: trustedRoot === 'public-good' ? trustedRoot : parseJson(trustedRoot, await readNamed(trustedRoot)),
    issuer: certificateOidcIssuer,
    identity: certificateIdentity,
    identityPattern: certificateIdentityPattern,
    ...{ tlogThreshold, timestampThreshold, ctlogThreshold },
  }
}

/** @throws Problem */
export async function readNamed(path: string): Promise<string> {
  const text = await readUserFile(path)
  if (text === undefined) throw new Problem('invalid', `there is no file ${path}`)
  return text
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('invalid', `${path} is not JSON`)
  }
}
