/** A rule about signatures, with real keys, through a server as it is put together. */
import { expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import * as m from '../conformance/support/manifests.ts'
import { startRegistry } from '../support/registry.ts'
import { berth } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { descriptor, image, index, pushImage } from './support/images.ts'
import { PATIENCE_MS, registryAt } from './support/server.ts'

setDefaultTimeout(8 * PATIENCE_MS)

/** Nobody is signed in here: whoever could sign the image is to come with his credentials. */
const REFUSED = { status: 401, error: 'UNAUTHORIZED' }

test('an image is refused until somebody who is trusted has signed it, or its index', async () => {
  await withDataFolder(async ({ path }) => {
    const server = await startRegistry({ dataDir: path, args: ['--anonymous', 'push', '--workers', '2'] })
    const command = (words: readonly string[]) => berth([...words, '--data', path], { env: { COSIGN_PASSWORD: '' } })
    const run = async (...words: readonly string[]) => {
      const result = await command(words)
      expect([words.slice(0, 2), result.code, result.code === 0 ? '' : result.stderr]).toEqual([
        words.slice(0, 2),
        0,
        '',
      ])
    }
    try {
      const registry = registryAt(server.url)
      const target = { registry, name: 'shop/app' }
      const [one, two] = [image('policy-signed/one'), image('policy-signed/two')]
      const both = index([descriptor(two.manifest, m.OCI_MANIFEST)])
      await pushImage(target, one, 'one')
      await pushImage(target, two, 'two')
      check(await m.putManifest(target, 'both', both), { status: 201 })
      await run('project', 'add', 'shop', '--public')
      const get = (reference: string) => registry.send('GET', m.manifestPath(target.name, reference))
      const key = (name: string) => join(path, `${name}.key`)
      const sign = (reference: string, by: string) => run('sign', `local:shop/app:${reference}`, '--key', key(by))
      for (const name of ['release', 'other']) await run('sign', '--generate-key', key(name))
      await run('trust', 'add', 'shop', 'release', '--key', join(path, 'release.pub'))
      await run('policy', 'add', 'shop', 'signed', '--signed-by', 'release', '--mode', 'enforce')
      for (const reference of ['one', 'two', 'both']) check(await get(reference), REFUSED)
      await sign('one', 'other')
      check(await get('one'), REFUSED)
      await sign('one', 'release')
      check(await get('one'), { status: 200 })
      check(await get('two'), REFUSED)
      await sign('both', 'release')
      check(await get('both'), { status: 200 })
      check(await get('two'), { status: 200 })
      // A key takes the place of another, and nothing that is not signed gets through meanwhile.
      const kept = await command(['trust', 'remove', 'shop', 'release'])
      expect([kept.code, kept.stderr]).toEqual([1, expect.stringContaining('berth policy remove shop signed')])
      await run('trust', 'add', 'shop', 'second', '--key', join(path, 'other.pub'))
      await run('policy', 'add', 'shop', 'signed-2', '--signed-by', 'second', '--mode', 'enforce')
      check(await get('one'), { status: 200 })
      for (const reference of ['two', 'both']) check(await get(reference), REFUSED)
      await run('policy', 'remove', 'shop', 'signed')
      await run('trust', 'remove', 'shop', 'release')
      check(await get('one'), { status: 200 })
      for (const reference of ['two', 'both']) check(await get(reference), REFUSED)
    } finally {
      await server.close()
    }
  })
})
