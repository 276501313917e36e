import type { Descriptor } from '../oci/descriptor.ts'
import type { Manifest } from '../oci/manifest.ts'

/** Configurations with which clients take a manifest for an image; docker takes those of no particular type, too. */
const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.docker.container.image.rootfs.diff+x-gtar',
  ...['application/octet-stream', 'application/json', 'text/html', 'text/plain', ''],
])

/** Words in the types of layers that are, or hold, what something runs: file systems, disks, modules. */
const RUNNABLE_LAYER =
  /image\.(?:layer|rootfs)|\brootfs\b|image\.filesystem|application\/(?:x-)?g?tar\b|wasm|squashfs|erofs|\bsif\b|\bext4\b|qcow|\bdisk\b/

/** What is signed or told about an image, in manifests that look like images: cosign and BuildKit make such. */
const STATEMENT_LAYER =
  /^(?:application\/vnd\.dev\.cosign\.simplesigning\.v1\+json|application\/vnd\.dsse\.envelope\.v1\+json|application\/vnd\.in-toto(?:\.[a-z0-9.-]+)?\+(?:json|dsse)|application\/vnd\.dev\.sigstore\.bundle(?:\.v[0-9.]+)?\+json|application\/(?:vnd\.)?(?:cyclonedx|openvex|spdx|syft)(?:\.[a-z0-9.-]+)?(?:\+(?:json|xml))?|text\/spdx(?:\+(?:json|xml))?)$/

/**
 * Whether something may run it. `statement`: it looks like an image made of signatures or statements only, and is one
 * exactly when none of its layers is a file system, whatever its type says: clients that unpack do not look at types.
 */
export type Runnable = 'yes' | 'no' | 'statement'

/** Of an image manifest. In doubt, it runs. */
export function runnableOf({ blobs: [config, ...layers] }: Manifest): Runnable {
  const types = layers.map(bareType)
  if (types.some((type) => RUNNABLE_LAYER.test(type))) return 'yes'
  const configType = config === undefined ? '' : bareType(config)
  if (!IMAGE_CONFIGS.has(configType)) return RUNNABLE_LAYER.test(configType) ? 'yes' : 'no'
  return types.length > 0 && types.every((type) => STATEMENT_LAYER.test(type)) ? 'statement' : 'yes'
}

/** Without parameters, in lower case: media types are not case-sensitive (RFC 6838 §4.2). */
function bareType({ mediaType }: Pick<Descriptor, 'mediaType'>): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase()
}

/** So much of a layer's beginning has to be seen. */
export const BEGINNING_BYTES = 512

const MAGIC: readonly (readonly number[])[] = [
  [0x1f, 0x8b],
  [0x42, 0x5a, 0x68],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a],
  [0x28, 0xb5, 0x2f, 0xfd],
  // LZ4, and squashfs in both orders.
  [0x04, 0x22, 0x4d, 0x18],
  [0x68, 0x73, 0x71, 0x73],
  [0x73, 0x71, 0x73, 0x68],
  // WebAssembly, and ELF.
  [0x00, 0x61, 0x73, 0x6d],
  [0x7f, 0x45, 0x4c, 0x46],
]

/**
 * Whether these first bytes are of something that a client would unpack: compressed, or a tar by the sum of its first
 * header, without which nothing reads it.
 */
export function beginsLikeFileSystem(bytes: Uint8Array): boolean {
  return MAGIC.some((magic) => magic.every((byte, at) => bytes[at] === byte)) || isSkippableFrame(bytes) || isTar(bytes)
}

/** zstd's frames of other content, after which the real one may come. */
function isSkippableFrame(bytes: Uint8Array): boolean {
  const [first = 0, second, third, fourth] = bytes
  return (first & 0xf0) === 0x50 && second === 0x2a && third === 0x4d && fourth === 0x18
}

const SUM_AT = 148
const SUM_END = 156

function isTar(bytes: Uint8Array): boolean {
  if (bytes.byteLength < BEGINNING_BYTES) return false
  const text = new TextDecoder('latin1').decode(bytes.subarray(SUM_AT, SUM_END))
  const [digits] = /[0-7]+/.exec(text) ?? []
  if (digits === undefined) return false
  const wanted = Number.parseInt(digits, 8)
  let unsigned = 0
  let signed = 0
  for (let at = 0; at < BEGINNING_BYTES; at++) {
    const byte = at >= SUM_AT && at < SUM_END ? 0x20 : (bytes[at] ?? 0)
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  return wanted === unsigned || wanted === signed
}
