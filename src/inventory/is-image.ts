import type { Manifest } from '../oci/manifest.ts'

/** Configurations that say what an image is; one without any layer is an image still. */
const IMAGE_CONFIG = /^application\/vnd\.(?:oci\.image\.config|docker\.container\.image)\b/

/** Configurations of what is no image, and which no client unpacks. Of any other type clients do, so it is one. */
const ARTIFACT_CONFIG =
  /^application\/vnd\.(?:oci\.empty\.v1\+json$|unknown\.config\.|cncf\.|wasm\.|wasm$|dev\.cosign\.|dev\.sigstore\.|in-toto\b|dsse\b|cyclonedx\b|spdx\b|openvex\b|aquasec\.|sylabs\.|opentofu\.|goharbor\.|cnab\.|devcontainers\b|module\.wasm\.|kyverno\.|gatekeeper\.)|^application\/(?:cyclonedx|spdx|wasm)\b/

/** As runtimes read the types of layers, which are not case-sensitive (RFC 6838 §4.2). */
const FILE_SYSTEM_LAYER = /^application\/vnd\.(?:oci\.image\.layer\.|docker\.image\.rootfs\.)/

/** What is signed or told about an image, in manifests that look like images: cosign and BuildKit make such. */
const STATEMENT_LAYER =
  /^(?:application\/vnd\.(?:dev\.cosign\.|dev\.sigstore\.|dsse\.|in-toto\b|cyclonedx\b|spdx\b|openvex\b|syft\b)|application\/(?:cyclonedx|spdx|openvex|syft)\b|text\/spdx\b)/

/**
 * Whether it has a file system that something would unpack. Types are what whoever pushed it wrote: only what is known to
 * be something else is none. An index is known by its images.
 */
export function isImage({ kind, blobs: [config, ...layers] }: Manifest): boolean {
  if (kind !== 'image' || config === undefined) return false
  const types = layers.map(({ mediaType }) => bareType(mediaType))
  if (types.some((type) => FILE_SYSTEM_LAYER.test(type))) return true
  const configType = bareType(config.mediaType)
  if (types.length === 0) return IMAGE_CONFIG.test(configType)
  return !ARTIFACT_CONFIG.test(configType) && !types.every((type) => STATEMENT_LAYER.test(type))
}

function bareType(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase()
}
