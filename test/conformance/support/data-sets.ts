import { randomContent } from './content.ts'
import { DataSet, LINUX_AMD64, LINUX_ARM64 } from './data-set.ts'
import * as m from './manifests.ts'

const TYPE_1 = 'application/vnd.example.berth.v1'
const TYPE_2 = 'application/vnd.example.berth.v2'

/** What a real client may push: one function a set, named as the newer official suite names them. */
export const DATA_SETS: Readonly<Record<string, (label: string) => DataSet>> = {
  image: (label) => filled(label, (set) => set.image({ tag: 'image' })),

  'image-uncompressed': (label) =>
    filled(label, (set) =>
      set.image({ tag: 'uncompressed', layers: [set.layer(m.OCI_LAYER), set.layer(m.OCI_LAYER)] }),
    ),

  // 3.9 MB: the spec asks for 4 MiB at least ("Pushing Manifests").
  'large-manifest': (label) =>
    filled(label, (set) => {
      const many = Array.from({ length: 390 }, (_, i) => [`large-annotation-${i}`, 'A'.repeat(10_000)])
      set.image({ tag: 'large-manifest', annotations: Object.fromEntries(many) })
    }),

  index: (label) => filled(label, (set) => set.index({ tag: 'index' })),

  'nested-index': (label) =>
    filled(label, (set) => set.index({ tag: 'index-of-index', manifests: [set.index(), set.index()] })),

  'empty-index': (label) => filled(label, (set) => set.index({ tag: 'index', manifests: [] })),

  artifact: (label) => filled(label, (set) => set.artifact(TYPE_1, { tag: 'artifact' })),

  'artifact-index': (label) => filled(label, (set) => set.index({ tag: 'artifact-index', artifactType: TYPE_1 })),

  'artifact-without-layers': (label) =>
    filled(label, (set) => set.artifact(TYPE_1, { tag: 'artifact', layers: [set.blob(m.OCI_EMPTY, '{}')] })),

  // The first is an image: its type as an artifact is the type of its config.
  'artifacts-with-subject': (label) =>
    filled(label, (set) => {
      const subject = set.image({ tag: 'image' })
      set.image({ subject })
      set.artifact(TYPE_1, { subject, annotations: annotations(set), tag: 'tagged-artifact1' })
      set.artifact(TYPE_2, { subject, annotations: annotations(set), tag: 'tagged-artifact2' })
    }),

  // The children name the subject too, so three of four referrers are no index.
  'index-with-subject': (label) =>
    filled(label, (set) => {
      const subject = set.index({ tag: 'index' })
      set.index({ artifactType: TYPE_1, annotations: annotations(set), subject, tag: 'tagged-artifact' })
      set.index({ subject, manifests: [] })
    }),

  'missing-subject': (label) =>
    filled(label, (set) => {
      const { digest } = randomContent(`${label}/subject`, 123)
      const subject = { mediaType: m.OCI_MANIFEST, digest, size: 123 }
      set.artifact(TYPE_1, { subject, annotations: annotations(set), tag: 'tagged-artifact' })
    }),

  'data-field': (label) =>
    filled(label, (set) => {
      const withData = (descriptor: m.Descriptor) => {
        const bytes = set.blobs.get(descriptor.digest)?.bytes ?? new Uint8Array()
        return { ...descriptor, data: Buffer.from(bytes).toString('base64') }
      }
      const layers = [set.layer(), set.layer()].map(withData)
      set.image({ tag: 'data-field', config: withData(set.config()), layers })
    }),

  // No client pushes these layers: they are to be had elsewhere only.
  'non-distributable-layers': (label) =>
    filled(label, (set) => {
      const foreign = (suffix: string, size: number) => {
        const { digest } = randomContent(`${label}/foreign${suffix}`, 256)
        const mediaType = `application/vnd.oci.image.layer.nondistributable.v1.tar${suffix}`
        return { mediaType, digest, size, urls: [`https://store.example.com/${digest}`] }
      }
      const layers = [foreign('+gzip', 123_456), foreign('', 12_345), set.layer()]
      set.image({ tag: 'non-distributable-image', layers })
    }),

  'custom-fields': (label) =>
    filled(label, (set) => set.index({ tag: 'custom-fields', extra: { [`org.${set.unique()}`]: set.unique() } })),

  'no-layers': (label) => filled(label, (set) => set.image({ tag: 'no-layers', layers: [] })),

  // Only by digest: a push by tag means sha256.
  sha512: (label) => filled(new DataSet(label, { algorithm: 'sha512' }), (set) => set.index()),

  'tag-param-sha256': (label) => tagged(new DataSet(label, { tagParam: true })),

  'tag-param-sha512': (label) => tagged(new DataSet(label, { tagParam: true, algorithm: 'sha512' })),
}

/** The two halves of the official set `sparse`, which is off there unless asked for. */
export function sparseImage(label: string): DataSet {
  return filled(label, (set) => {
    set.image({ tag: 'sparse-image', layers: [absent(label, m.OCI_LAYER_GZIP), set.layer()] })
  })
}

export function sparseIndex(label: string): DataSet {
  return filled(label, (set) => {
    const present = { ...set.image(), platform: LINUX_AMD64 }
    const missing = { ...absent(label, m.OCI_MANIFEST), platform: LINUX_ARM64 }
    set.index({ tag: 'sparse-index', manifests: [present, missing] })
  })
}

function absent(label: string, mediaType: string): m.Descriptor {
  return { mediaType, digest: randomContent(`${label}/absent`, 1024).digest, size: 1024 }
}

function filled(labelOrSet: string | DataSet, fill: (set: DataSet) => unknown): DataSet {
  const set = typeof labelOrSet === 'string' ? new DataSet(labelOrSet) : labelOrSet
  fill(set)
  return set
}

/** A tag on each manifest, and a second one on the index. */
function tagged(set: DataSet): DataSet {
  set.index({ tag: `tag-param-${set.algorithm}` })
  for (const [i, manifest] of set.manifests.entries()) set.tags.set(`tag-param-${set.algorithm}-${i}`, manifest)
  return set
}

function annotations(set: DataSet): Record<string, string> {
  return { 'org.example.greeting': 'hello', [`org.example.${set.unique()}`]: set.unique() }
}
