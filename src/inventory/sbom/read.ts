import { isObject, type JsonObject, parseStrictJson } from '../../oci/strict-json.ts'
import type { Package } from '../../packages/package.ts'
import { readCycloneDx } from './read-cyclonedx.ts'
import { type SbomContent, shownText } from './read-components.ts'
import { readSpdx } from './read-spdx.ts'

/** What a bill of materials that somebody pushed says. It is a claim: nobody checked it against the image. */
export interface ReadSbom {
  readonly format: 'cyclonedx' | 'spdx' | 'unknown'
  /** Of the format: `1.6`, `2.3`. */
  readonly formatVersion?: string
  readonly packages: readonly Package[]
  /** What made it, as it says itself: `syft 1.20.0`. */
  readonly tool?: string
  /** What was not understood, or left out, for people. */
  readonly problems: readonly string[]
}

const MAX_BYTES = 64 * 1024 * 1024

/**
 * CycloneDX 1.2 to 1.7 or SPDX 2.2 and 2.3 in JSON, bare or inside an in-toto statement, a DSSE envelope or a bundle of
 * sigstore, whose signatures are not looked at. Never throws for what the bytes hold.
 */
export function readSbom(bytes: Uint8Array): ReadSbom {
  if (bytes.byteLength > MAX_BYTES) return unknown(`is longer than the ${MAX_BYTES} bytes that are read`)
  try {
    return readDocument(unwrap(parseObject(bytes)))
  } catch (error) {
    if (error instanceof SyntaxError) return unknown(error.message)
    throw error
  }
}

function unknown(problem: string): ReadSbom {
  return { format: 'unknown', packages: [], problems: [problem] }
}

function parseObject(bytes: Uint8Array): JsonObject {
  const value = parseStrictJson(bytes)
  if (!isObject(value)) throw new SyntaxError('is no JSON object')
  return value
}

/** A bundle holds an envelope, an envelope a statement, a statement the document: each once. */
function unwrap(value: JsonObject): JsonObject {
  const envelope = isObject(value.dsseEnvelope) ? value.dsseEnvelope : value
  const statement = typeof envelope.payload === 'string' ? payloadOf(envelope.payload, envelope.payloadType) : envelope
  return typeof statement.predicateType === 'string' ? predicateOf(statement, statement.predicateType) : statement
}

const IN_TOTO = 'application/vnd.in-toto+json'

function payloadOf(payload: string, type: unknown): JsonObject {
  if (type !== IN_TOTO) throw new SyntaxError(`is an envelope of ${shownText(type)}, not of ${IN_TOTO}`)
  return parseObject(Buffer.from(payload, 'base64'))
}

/** The type says what its predicate must be; a version may follow it. */
const PREDICATES: Readonly<Record<string, 'cyclonedx' | 'spdx'>> = {
  'https://spdx.dev/Document': 'spdx',
  'https://cyclonedx.org/bom': 'cyclonedx',
}

function predicateOf(statement: JsonObject, type: string): JsonObject {
  const format = PREDICATES[type.replace(/\/v[\d.]{1,10}$/, '')]
  if (format === undefined) throw new SyntaxError(`is a statement of the type ${shownText(type)}, no bill of materials`)
  const { predicate } = statement
  // cosign wrapped documents once more for a while.
  const document = isObject(predicate) && isObject(predicate.Data) ? predicate.Data : predicate
  if (!isObject(document) || formatOf(document) !== format)
    throw new SyntaxError(`is a statement of the type ${type} with something else in it`)
  return document
}

function formatOf({ bomFormat, spdxVersion }: JsonObject): 'cyclonedx' | 'spdx' | undefined {
  if (bomFormat !== undefined && spdxVersion !== undefined) throw new SyntaxError('says that it is CycloneDX and SPDX')
  if (bomFormat === 'CycloneDX') return 'cyclonedx'
  return typeof spdxVersion === 'string' ? 'spdx' : undefined
}

const VERSIONS = {
  cyclonedx: ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'],
  spdx: ['2.2', '2.3'],
} as const

function readDocument(document: JsonObject): ReadSbom {
  const format = formatOf(document)
  if (format === undefined) return unknown('is neither CycloneDX nor SPDX in JSON')
  const version = format === 'cyclonedx' ? document.specVersion : String(document.spdxVersion).replace(/^SPDX-/, '')
  const formatVersion = VERSIONS[format].find((one) => one === version)
  if (formatVersion === undefined) return unknown(`is ${format} of version ${shownText(version)}, which is not read`)
  const content: SbomContent = format === 'cyclonedx' ? readCycloneDx(document) : readSpdx(document)
  return { format, formatVersion, ...content }
}
