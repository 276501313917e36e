import type { Descriptor } from './descriptor.ts'
import type { Manifest } from './manifest.ts'

/**
 * Configurations of what is no image. Docker takes none of these, also not as a plugin or as anything it does not know;
 * containerd takes every configuration, and unpacks what has a layer of a type that it knows.
 */
const ARTIFACT_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.empty.v1+json',
  'application/vnd.unknown.config.v1+json',
  'application/vnd.cncf.helm.config.v1+json',
  'application/vnd.cncf.notary.signature',
  'application/vnd.cncf.flux.config.v1+json',
  'application/vnd.cncf.openpolicyagent.config.v1+json',
  'application/vnd.aquasec.trivy.config.v1+json',
  'application/vnd.goharbor.harbor.sbom.v1',
])

/** Words in the types of layers that are, or hold, what something runs: file systems, disks, modules. */
const RUNNABLE_LAYER =
  /image\.(?:layer|rootfs)|\brootfs\b|image\.filesystem|application\/(?:x-)?g?tar\b|wasm|squashfs|erofs|\bsif\b|\bext4\b|qcow|\bdisk\b/

/** What is signed or told about an image, in manifests that look like images: cosign and BuildKit make such. */
const STATEMENT_LAYER =
  /^(?:application\/vnd\.dev\.cosign\.simplesigning\.v1\+json|application\/vnd\.dsse\.envelope\.v1\+json|application\/vnd\.in-toto(?:\.[a-z0-9.-]+)?\+(?:json|dsse)|application\/vnd\.dev\.sigstore\.bundle(?:\.v[0-9.]+)?\+json|application\/(?:vnd\.)?(?:cyclonedx|openvex|spdx|syft)(?:\.[a-z0-9.-]+)?(?:\+(?:json|xml))?|text\/spdx(?:\+(?:json|xml))?)$/

/** What artifacts are made of: documents, signatures, charts, policies, scan results and what scanners know. */
const ARTIFACT_LAYER =
  /^(?:text\/[a-z0-9.+-]+|application\/(?:[a-z0-9.-]+\+)?(?:json|ya?ml|xml|toml|rego|jwt)|application\/(?:x-yaml|cose|pdf|pgp-signature)|application\/vnd\.cncf\.helm\.chart\.(?:content\.v1\.tar\+gzip|provenance\.v1\.prov)|application\/vnd\.cncf\.flux\.content\.v1\.tar\+gzip|application\/vnd\.cncf\.openpolicyagent\.[a-z.]+\.v1\+rego|application\/vnd\.aquasec\.trivy\.(?:db|javadb)\.layer\.v1\.tar\+gzip|application\/vnd\.goharbor\.harbor\.sbom\.v1)$/

/**
 * Whether something may run it. `statement`: it looks like an image made of signatures or statements only, and is one
 * exactly when none of its layers is a file system, whatever its type says: clients that unpack do not look at types.
 */
export type Runnable = 'yes' | 'no' | 'statement'

/**
 * Of an image manifest. Whoever pushes it writes the types, so only what is known to be something else by its
 * configuration and by every layer is no image: what nobody knows, runs. Policy judges by it and scanning looks into what
 * it calls an image, so that nothing is judged that nobody looks into.
 */
export function runnableOf({ blobs: [config, ...layers] }: Manifest): Runnable {
  const types = layers.map(bareType)
  const configType = config === undefined ? '' : bareType(config)
  if ([configType, ...types].some((type) => RUNNABLE_LAYER.test(type))) return 'yes'
  if (ARTIFACT_CONFIGS.has(configType) || STATEMENT_LAYER.test(configType))
    return types.every((type) => STATEMENT_LAYER.test(type) || ARTIFACT_LAYER.test(type)) ? 'no' : 'yes'
  return types.length > 0 && types.every((type) => STATEMENT_LAYER.test(type)) ? 'statement' : 'yes'
}

const IMAGE_CONFIG = /^application\/vnd\.(?:oci\.image\.config|docker\.container\.image)\./

/** Whether it calls itself an image. What does not may be one all the same. */
export function saysImage({ blobs: [config] }: Manifest): boolean {
  return config !== undefined && IMAGE_CONFIG.test(bareType(config))
}

/** Whether a manifest is one of an image: what scanning looks into. An index is known by its images. */
export function isImage(manifest: Manifest): boolean {
  return manifest.kind === 'image' && runnableOf(manifest) === 'yes'
}

/** Without parameters, in lower case: media types are not case-sensitive (RFC 6838 §4.2). */
function bareType({ mediaType }: Pick<Descriptor, 'mediaType'>): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase()
}
