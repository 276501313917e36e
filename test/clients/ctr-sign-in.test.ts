import { expect, test } from 'bun:test'
import { describeClient } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useContainerd } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'
import { expectServed } from './support/raw.ts'
import { useServer } from './support/server.ts'
import { ALICE, ALICE_PAIR, withUsers } from './support/users.ts'

const DENIED = /401|403|authorization failed|pull access denied|insufficient_scope|no basic auth/i

describeClient('ctr, signing in', ['ctr', 'containerd', 'busybox', 'htpasswd'], () => {
  const folder = useFolder()
  const closed = useServer({ args: () => withUsers(folder) })
  const readable = useServer({ args: () => withUsers(folder, '--anonymous', 'pull') })
  const address = useContainerd(folder)
  const ctr = (...args: readonly string[]) => must([...address, ...args])
  const refusal = (...args: readonly string[]) => mustFail([...address, ...args])
  const pull = ['images', 'pull', '--plain-http', '--snapshotter', 'native']
  const push = ['images', 'push', '--plain-http']

  test('pushes and pulls with a password, and not without or with a wrong one', async () => {
    const { layout, name } = await load(closed.host, 'ctr/private')
    expect(await refusal(...push, name)).toMatch(DENIED)
    expect(await refusal(...push, '--user', `${ALICE.username}:wrong`, name)).toMatch(DENIED)
    await ctr(...push, '--user', ALICE_PAIR, name)
    await expectServed({ url: closed.url, repository: 'ctr/private', credentials: ALICE }, 'v1', layout)
    await ctr('images', 'rm', '--sync', name)
    expect(await refusal(...pull, name)).toMatch(DENIED)
    await ctr(...pull, '--user', ALICE_PAIR, name)
  })

  test('pulls without signing in next to private pushes', async () => {
    const { name } = await load(readable.host, 'ctr/public')
    expect(await refusal(...push, name)).toMatch(DENIED)
    await ctr(...push, '--user', ALICE_PAIR, name)
    await ctr('images', 'rm', '--sync', name)
    await ctr(...pull, name)
  })

  async function load(host: string, repository: string) {
    const layout = await smallImage(await folder.make(crypto.randomUUID()))
    const tar = `${layout.folder}.tar`
    await must(['tar', '-C', layout.folder, '-cf', tar, 'oci-layout', 'index.json', 'blobs'])
    await ctr('images', 'import', '--no-unpack', '--base-name', `${host}/${repository}`, tar)
    return { layout, name: `${host}/${repository}:v1` }
  }
})
