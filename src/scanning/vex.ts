import { z } from 'zod'
import { Problem } from '../lib/problem.ts'

/** https://github.com/openvex/spec, v0.2.0: a document says of products whether vulnerabilities concern them. */
const word = z.string().min(1).max(2048)
const product = z.object({
  '@id': word.optional(),
  identifiers: z.object({ purl: word.optional() }).optional(),
  subcomponents: z
    .array(z.object({ '@id': word.optional(), identifiers: z.object({ purl: word.optional() }).optional() }))
    .max(1000)
    .optional(),
})
const statement = z.object({
  vulnerability: z.union([
    z.object({ name: word.optional(), '@id': word.optional(), aliases: z.array(word).max(100).optional() }),
    // Version 0.0.1 of the format.
    word.transform((name) => ({ name, '@id': undefined, aliases: undefined })),
  ]),
  timestamp: word.optional(),
  products: z
    .array(
      z.union([product, word.transform((id) => ({ '@id': id, identifiers: undefined, subcomponents: undefined }))]),
    )
    .max(1000)
    .default([]),
  status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
  justification: word.optional(),
  impact_statement: word.optional(),
})
const schema = z.object({
  '@context': z.string().startsWith('https://openvex.dev/ns'),
  author: word,
  timestamp: word,
  statements: z.array(statement).max(10_000),
})

export type VexStatus = z.infer<typeof statement>['status']

/** One sentence of a document. */
export interface VexStatement {
  /** Any of these names. */
  readonly vulnerabilities: ReadonlySet<string>
  readonly status: VexStatus
  readonly reason: string
  readonly author: string
  readonly at: number
  /** Package URLs that it is about; of an image, those of its parts. Empty: the product as a whole. */
  readonly products: readonly VexProduct[]
}

export interface VexProduct {
  readonly id: string
  readonly parts: readonly string[]
}

export const MAX_VEX_BYTES = 1024 * 1024

/** @throws Problem for what is no OpenVEX document */
export function parseVex(text: string): VexStatement[] {
  const parsed = schema.safeParse(readJson(text))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Problem('invalid', `this is no OpenVEX document: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
  }
  const { author, timestamp, statements } = parsed.data
  return statements.map((each) => ({
    vulnerabilities: new Set(
      [each.vulnerability.name, each.vulnerability['@id'], ...(each.vulnerability.aliases ?? [])].flatMap((name) =>
        name === undefined ? [] : [name.slice(name.lastIndexOf('/') + 1).toUpperCase()],
      ),
    ),
    status: each.status,
    reason: [each.status, each.justification, each.impact_statement].filter(Boolean).join(': ').slice(0, 500),
    author: author.slice(0, 255),
    at: momentOf(each.timestamp ?? timestamp),
    products: each.products.map((of) => ({
      id: of.identifiers?.purl ?? of['@id'] ?? '',
      parts: (of.subcomponents ?? []).flatMap((part) => part.identifiers?.purl ?? part['@id'] ?? []),
    })),
  }))
}

/** What a statement is asked about. */
export interface VexQuestion {
  readonly vulnerability: string
  readonly aliases: readonly string[]
  /** Of the package in question. */
  readonly purl: string
  /** Of the image: `sha256:…`. */
  readonly digest: string
  readonly repository: string
}

/** The latest statement about a finding; undefined: nobody says anything. */
export function findStatement(statements: readonly VexStatement[], question: VexQuestion): VexStatement | undefined {
  let latest: VexStatement | undefined
  for (const each of statements)
    if (isAbout(each, question) && (latest === undefined || each.at >= latest.at)) latest = each
  return latest
}

function isAbout(statement: VexStatement, question: VexQuestion): boolean {
  const names = [question.vulnerability, ...question.aliases]
  if (!names.some((name) => statement.vulnerabilities.has(name.toUpperCase()))) return false
  return statement.products.some((product) => concerns(product, question))
}

function concerns({ id, parts }: VexProduct, { purl, digest, repository }: VexQuestion): boolean {
  const isPackage = isSamePackage(id, purl)
  const isImage = isImageOf(id, digest, repository)
  if (parts.length === 0) return isPackage || isImage
  return (isImage || isPackage) && parts.some((part) => isSamePackage(part, purl))
}

/** Without a digest it is meant by its name: the last part of the repository’s (purl-spec, "oci"). */
function isImageOf(id: string, digest: string, repository: string): boolean {
  if (!id.startsWith('pkg:oci/')) return id === digest
  const [base, version] = split(id)
  if (base === undefined || version !== undefined) return version === digest
  return base.slice('pkg:oci/'.length) === repository.slice(repository.lastIndexOf('/') + 1)
}

/** Without a version every version is meant, without qualifiers any. */
function isSamePackage(stated: string, purl: string): boolean {
  const [statedBase = '', statedVersion] = split(stated)
  const [base = '', version] = split(purl)
  return statedBase !== '' && statedBase === base && (statedVersion === undefined || statedVersion === version)
}

function split(purl: string): [base: string | undefined, version: string | undefined] {
  if (!purl.startsWith('pkg:')) return [undefined, undefined]
  const [path = ''] = purl.split(/[?#]/, 1)
  const at = path.lastIndexOf('@')
  // The scope of `pkg:npm/@scope/name` is written %40 by the specification, and not by everybody.
  if (at <= path.lastIndexOf('/')) return [decoded(path), undefined]
  return [decoded(path.slice(0, at)), decoded(path.slice(at + 1))]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function momentOf(text: string): number {
  const at = Date.parse(text)
  return Number.isNaN(at) ? 0 : at
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
