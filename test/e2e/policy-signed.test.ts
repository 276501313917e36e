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

const REFUSED = { status: 403, error: 'DENIED' }

test('an image is refused until somebody who is trusted has signed it, or its index', async () => {
  await withDataFolder(async ({ path }) => {
    const server = await startRegistry({ dataDir: path, args: ['--anonymous', 'push', '--workers', '2'] })
    const run = async (...words: readonly string[]) => {
      const result = await berth([...words, '--data', path], { env: { COSIGN_PASSWORD: '' } })
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
      // What is trusted no more lets nothing through.
      await run('trust', 'remove', 'shop', 'release')
      for (const reference of ['one', 'two', 'both']) check(await get(reference), REFUSED)
      await run('trust', 'add', 'shop', 'release', '--key', join(path, 'other.pub'))
      check(await get('one'), { status: 200 })
      check(await get('two'), REFUSED)
    } finally {
      await server.close()
    }
  })
})
