import { createPublicKey, type KeyObject } from 'node:crypto'
import { environment } from '../config/environment.ts'
import { systemClock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { readUserFile, writeUserFile } from '../lib/user-files.ts'
import { isEncryptedKey, makeKeyPair, readPrivateKey } from '../trust/cosign/key-file.ts'
import { type Made, makeBundleSignature, makeClassicSignature } from '../trust/cosign/make-signature.ts'
import { keyName } from '../trust/public-key.ts'
import type { Subject } from '../trust/signature.ts'
import { type ImagePlace, parseImagePlace } from './image-place.ts'
import { findSubject, type Place, type PlaceFlags, withPlace } from './image-to-sign.ts'
import { print } from './output.ts'
import { readNamed } from './trust-flags.ts'
import { readPassword } from './password.ts'

export interface SignFlags extends PlaceFlags {
  readonly key?: string
  readonly passwordFile?: string
  readonly generateKey?: string
  readonly format: 'bundle' | 'classic' | 'both'
}

/** @throws Problem */
export async function signOrGenerate(image: string | undefined, flags: SignFlags): Promise<void> {
  if (flags.generateKey !== undefined) return generateKey(flags.generateKey, flags)
  if (image === undefined || flags.key === undefined)
    throw new Problem('invalid', 'say which image, and --key; "berth sign --generate-key FILE" makes a key')
  const place = parseImagePlace(image)
  const key = await readKey(flags.key, flags)
  await withPlace(place, flags, async (at) => {
    const subject = await findSubject(at, place)
    for (const format of flags.format === 'both' ? (['bundle', 'classic'] as const) : [flags.format])
      await writeSignature(at, { place, subject, key, format })
    print(`Signed ${subject.digest} with the ${keyName(createPublicKey(key))}.`)
  })
}

interface ToWrite {
  readonly place: ImagePlace
  readonly subject: Subject
  readonly key: KeyObject
  readonly format: 'bundle' | 'classic'
}

async function writeSignature(at: Place, { place, subject, key, format }: ToWrite): Promise<void> {
  const { name } = place
  if (format === 'bundle') return put(at, name, makeBundleSignature(key, subject, systemClock.now()), [])
  const tag = `${subject.digest.replace(':', '-')}.sig`
  const under = await at.manifest(name, tag)
  const reference = place.kind === 'registry' ? `${place.host}/${name}` : name
  await put(at, name, makeClassicSignature(key, subject, { reference, under }), [tag])
}

async function put(at: Place, name: string, { blobs, manifest }: Made, tags: readonly string[]): Promise<void> {
  for (const { mediaType, digest, content } of blobs)
    await at.putBlob(name, { mediaType, digest, size: content.byteLength }, async (offset) =>
      new Blob([new Uint8Array(content)]).slice(offset).stream(),
    )
  await at.putManifest(name, manifest, tags)
}

async function readKey(path: string, flags: SignFlags): Promise<KeyObject> {
  const text = await readNamed(path)
  return readPrivateKey(text, isEncryptedKey(text) ? await passwordFor(flags) : '')
}

/** An empty one in the environment is one: cosign takes it so. */
async function passwordFor({ passwordFile }: SignFlags): Promise<string> {
  if (passwordFile !== undefined) return (await readNamed(passwordFile)).replace(/\r?\n$/, '')
  return environment.COSIGN_PASSWORD ?? readPassword()
}

async function generateKey(path: string, flags: SignFlags): Promise<void> {
  const publicPath = path.endsWith('.key') ? path.replace(/\.key$/, '.pub') : `${path}.pub`
  for (const each of [path, publicPath])
    if ((await readUserFile(each)) !== undefined)
      throw new Problem('conflict', `there is a file ${each} already, and keys are not replaced`)
  const { privateKey, publicKey } = makeKeyPair(await passwordFor(flags))
  await writeUserFile(path, privateKey)
  await writeUserFile(publicPath, publicKey, 0o644)
  print(`The private key is in ${path}, encrypted; the public one, for those who verify, in ${publicPath}.`)
}
