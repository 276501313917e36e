import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { Config } from '../config/schema.ts'
import { formatByteSize } from '../lib/byte-size.ts'
import { databaseExists } from '../metadata/sqlite.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { countObjects } from '../storage/encrypted/count-objects.ts'
import { createKeyFile } from '../storage/encrypted/key-file.ts'
import type { Keyring } from '../storage/encrypted/keyring.ts'
import { lookAtKeys } from '../storage/encrypted/open.ts'
import { openFilesystemStore } from '../storage/filesystem.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { print, printTable } from './output.ts'

export function addEncryptionCommands(program: Command): void {
  const encryption = program.command('encryption').description('Encryption of blobs where they are stored.')
  encryption
    .command('new-key <file>')
    .description('Make a file with a new master key. Keep a copy elsewhere: whoever loses it loses every blob.')
    .action((file: string) => {
      createKeyFile(file)
      print(`${resolve(file)} holds a new master key. Name it in encryption.keyFile.`)
      print('Keep a copy in another place, and not beside a backup of the data: without it no blob can be read again,')
      print('by anybody, and with it everybody can.')
    })
  withConfig(encryption.command('status').description('Which keys there are, and how much is encrypted.')).action(
    async (flags: Flags) => printStatus(...(await openKeys(flags))),
  )
  withConfig(
    encryption
      .command('rotate')
      .description(
        'Wrap all store keys with the master key in force, and make a new one for new blobs. No blob is written again; a server that knows both master keys goes on.',
      ),
  ).action(async (flags: Flags) => {
    const [, keyring] = await openKeys(flags)
    const { generation, wrappedBy } = await keyring.rotate()
    print(`All store keys are wrapped by the master key ${wrappedBy}.`)
    print(`New blobs take store key ${generation}, a running server within a minute.`)
    print('Master keys in previousKeyFiles and previousKeyCommand are needed no more once every server was restarted.')
  })
}

/** @throws Error with a sentence for people when nothing is encrypted here */
async function openKeys(flags: Flags): Promise<[files: BlobStore, keyring: Keyring]> {
  const { config, data } = await offlineOf(flags)
  const options = requireEncryption(config)
  if (!databaseExists(join(resolve(data), 'blobs')))
    throw new Error(`nothing is stored in ${resolve(data)}: ${join(resolve(data), 'blobs')} is missing`)
  const files = openFilesystemStore(resolve(data))
  return [files, await lookAtKeys(files, options)]
}

function requireEncryption({ encryption, storage }: Config): NonNullable<Config['encryption']> {
  if (encryption === undefined)
    throw new Error(
      'encryption is not turned on: say encryption.keyFile or encryption.keyCommand (--config, or BERTH_ENCRYPTION__KEY_FILE)',
    )
  if (storage === undefined) return encryption
  throw new Error('encryption: works for files; an object store encrypts by itself')
}

async function printStatus(files: BlobStore, keyring: Keyring): Promise<void> {
  const keys = keyring.all()
  if (keys.length === 0) print('There is no store key yet: the server makes one when it starts.')
  printTable(
    keys.map(({ generation, id, createdAt, wrappedBy }, index) => [
      `store key ${generation}`,
      id.slice(0, 8),
      `made ${createdAt.toISOString()}`,
      `wrapped by ${wrappedBy}`,
      index === 0 ? 'for new blobs' : '',
    ]),
  )
  const { encrypted, plain } = await countObjects(files)
  print(`${encrypted.objects} objects (${formatByteSize(encrypted.bytes)}) are encrypted.`)
  if (plain.objects > 0)
    print(
      `${plain.objects} objects (${formatByteSize(plain.bytes)}) are not: they were stored before encryption was turned on.`,
    )
}
