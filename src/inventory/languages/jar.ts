import type { Entry } from 'yauzl'
import type { Package } from '../../packages/package.ts'
import type { Analysis, Analyzer, FoundFile, AnalyzerLimits } from '../analyzer.ts'
import { isAnsweredFor, isOfDistributions } from './answered-for.ts'
import { fromManifest, fromPomProperties, type JarIdentity, manifestAttributes } from './jar-identity.ts'
import { eachOnce, soundPackage } from './sound.ts'
import { NotUnderstood } from './text.ts'
import { type ArchiveBudget, budgetOf, openZip, wordsOf, type ZipArchive } from './zip.ts'

const ARCHIVE = /\.(?:jar|war|ear|par|sar|kar|hpi|jpi)$/i
const POM_PROPERTIES = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/
const POM = /^META-INF\/maven\/([^/]+)\/([^/]+)\/pom\.xml$/
const MANIFEST = 'META-INF/MANIFEST.MF'

const MAX_POM_BYTES = 64 * 1024
/** Signed archives name each of their files in it. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024
/** It is unpacked into memory. */
const MAX_NESTED_BYTES = 256 * 1024 * 1024
const MAX_REASONS = 5

/** Java's libraries and applications, with the libraries inside of them. */
export const jarAnalyzer: Analyzer = {
  name: 'jar',
  wants: ({ path }) => ARCHIVE.test(path),
  analyze: async (file, limits) => analyzeJar(file, limits),
}

/** What was found so far in one file, and what may still be spent on it. */
interface Search {
  readonly budget: ArchiveBudget
  readonly packages: Package[]
  readonly reasons: string[]
  unknown: boolean
  /** Somebody else knows what this file is: it need not say so itself. */
  readonly answered: boolean
}

async function analyzeJar({ path, content }: FoundFile, limits: AnalyzerLimits): Promise<Analysis> {
  const answered = isAnsweredFor(path)
  const search: Search = { budget: budgetOf(limits), packages: [], reasons: [], unknown: false, answered }
  await searchArchive({ path, content, depth: limits.depth, shown: '' }, search)
  const packages = eachOnce(search.packages)
  const more = search.reasons.length - MAX_REASONS
  const reasons = [...search.reasons.slice(0, MAX_REASONS), ...(more > 0 ? [`and ${more} more`] : [])]
  return {
    packages,
    ...(search.unknown && { unknown: true }),
    // Advisories know libraries by their group.
    ...(isOfDistributions(path) && !packages.some(({ name }) => name.includes(':')) && { ofDistribution: true }),
    ...(reasons.length > 0 && { reason: reasons.join('; ') }),
  }
}

interface FoundArchive {
  readonly path: string
  readonly content: Uint8Array
  /** How many more archives in archives. */
  readonly depth: number
  /** Before a reason: where inside of the file. */
  readonly shown: string
}

async function searchArchive(archive: FoundArchive, search: Search): Promise<void> {
  const zip = await openZip(archive.content, search.budget)
  const say = (reason: string) => search.reasons.push(`${archive.shown}${reason}`)
  if (zip.cut !== undefined) say(zip.cut)
  const own = await describe(archive, zip, say)
  search.packages.push(...own)
  // What holds libraries, packed or unpacked, is an application, of which advisories do not speak anyway.
  const nameless = own.length === 1 ? own.find(({ name }) => !name.includes(':')) : undefined
  if ((await searchNested(archive, zip, search)) || search.answered) return
  if (nameless !== undefined) say(`the group of ${nameless.name} is not known`)
  if (own.length > 0 || !holdsCode(zip)) return
  search.unknown = true
  say('does not say what it is')
}

function holdsCode({ names }: ZipArchive): boolean {
  for (const name of names.keys()) if (name.endsWith('.class')) return true
  return false
}

type Say = (reason: string) => void

/** The archive itself, and what was unpacked into it when it was made. */
async function describe({ path }: FoundArchive, zip: ZipArchive, say: Say): Promise<Package[]> {
  const poms: JarIdentity[] = []
  for (const [name, entry] of zip.names) {
    if (!POM_PROPERTIES.test(name)) continue
    const text = await textOf(zip, entry, { maxBytes: MAX_POM_BYTES, say })
    const pom = text === undefined ? undefined : fromPomProperties(text)
    if (pom !== undefined) poms.push(pom)
  }
  const otherwise = await describedOtherwise(path, zip, say)
  const identities = otherwise === undefined || isAmong(otherwise, poms) ? poms : [otherwise, ...poms]
  const found = identities.map(packageOf).filter((one) => one !== undefined)
  if (found.length < identities.length) say(`${identities.length - found.length} names are none of Maven's`)
  return found
}

/** A guess beside what Maven wrote counts only when it is surely of another library: files are renamed. */
function isAmong({ group, artifact, version }: JarIdentity, poms: readonly JarIdentity[]): boolean {
  return poms.some((pom) => {
    if (pom.artifact.includes(artifact) || artifact.includes(pom.artifact)) return true
    return pom.version === version && (group === undefined || group === pom.group)
  })
}

function packageOf(identity: JarIdentity | undefined): Package | undefined {
  if (identity === undefined) return undefined
  const { group, artifact, version } = identity
  return soundPackage('maven', group === undefined ? artifact : `${group}:${artifact}`, version)
}

async function describedOtherwise(path: string, zip: ZipArchive, say: Say): Promise<JarIdentity | undefined> {
  const fileName = path.slice(path.lastIndexOf('/') + 1).replace(ARCHIVE, '')
  const manifest = zip.names.get(MANIFEST)
  const text = manifest === undefined ? undefined : await textOf(zip, manifest, { maxBytes: MAX_MANIFEST_BYTES, say })
  const said = fromManifest(text === undefined ? new Map() : manifestAttributes(text), fileName)
  const pom = onlyPom(zip)
  return said !== undefined && pom?.artifact === said.artifact ? { ...pom, version: said.version } : said
}

interface Coordinates {
  readonly group: string
  readonly artifact: string
}

/** `META-INF/maven/com.google.guava/guava/pom.xml`: its place says everything but the version. */
function onlyPom({ names }: ZipArchive): Coordinates | undefined {
  let only: Coordinates | undefined
  for (const name of names.keys()) {
    const match = POM.exec(name)
    if (match === null) continue
    if (only !== undefined) return undefined
    only = { group: match[1] ?? '', artifact: match[2] ?? '' }
  }
  return only
}

async function textOf(
  zip: ZipArchive,
  entry: Entry,
  { maxBytes, say }: { maxBytes: number; say: Say },
): Promise<string | undefined> {
  try {
    return (await zip.read(entry, maxBytes)).toString('utf8')
  } catch (error) {
    say(wordsOf(error))
    return undefined
  }
}

/** @returns whether there are archives inside, of which each speaks for itself */
async function searchNested(archive: FoundArchive, zip: ZipArchive, search: Search): Promise<boolean> {
  let any = false
  for (const [name, entry] of zip.names) {
    if (!ARCHIVE.test(name)) continue
    any = true
    const shown = `${archive.shown}${name.slice(-200).replace(/\p{Cc}/gu, '?')}: `
    try {
      if (archive.depth <= 0) throw new NotUnderstood('lies too deep in archives')
      const content = await zip.read(entry, MAX_NESTED_BYTES)
      await searchArchive({ path: name, content, depth: archive.depth - 1, shown }, search)
    } catch (error) {
      search.unknown = true
      search.reasons.push(`${shown}${wordsOf(error)}`)
    }
  }
  return any
}
