const IMAGE_CONFIG = /^application\/vnd\.(oci\.image\.config|docker\.container\.image)\./

/** What people call the types that are met in registries; the first that fits. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [IMAGE_CONFIG, 'Image'],
  [/^application\/vnd\.cncf\.helm\.config\./, 'Helm chart'],
  [/^application\/vnd\.(wasm|module\.wasm)|^application\/wasm/, 'WebAssembly module'],
  [/^application\/vnd\.dev\.cosign\.|cosign\.(artifact\.)?(sig|simplesigning)/, 'cosign signature'],
  [/^application\/vnd\.dev\.sigstore\.bundle/, 'Sigstore bundle'],
  [/^application\/vnd\.cncf\.notary\.signature/, 'Notation signature'],
  [/^application\/vnd\.in-toto|^application\/vnd\.dsse/, 'Attestation'],
  [/cyclonedx/, 'Bill of materials (CycloneDX)'],
  [/spdx/, 'Bill of materials (SPDX)'],
  [/openvex/, 'VEX document'],
  [/sarif/, 'Scan result (SARIF)'],
  [/^application\/vnd\.cncf\.flux\./, 'Flux artifact'],
  [/^application\/vnd\.cncf\.openpolicyagent\./, 'Policy bundle'],
  [/^application\/vnd\.aquasec\.trivy\./, 'Trivy database'],
  [/^application\/vnd\.docker\.plugin\./, 'Docker plugin'],
  [/^application\/vnd\.(oci\.empty|unknown\.config)\./, 'Files'],
]

/** In a word or two. */
export function kindOf(type: string | undefined): string {
  if (type === undefined) return 'Image'
  return KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? 'Artifact'
}

/** Whether something runs it, as far as its type says. */
export function isContainerImage({ artifactType }: { readonly artifactType?: string }): boolean {
  return artifactType === undefined || IMAGE_CONFIG.test(artifactType)
}
