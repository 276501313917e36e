import { expect, test } from 'bun:test'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeClient, program } from '../clients/support/clients.ts'
import { must } from '../clients/support/command.ts'
import { useFolder } from '../clients/support/folder.ts'
import { checkNginx, writeNginxConf } from './support/balancers.ts'
import { DEPLOY, readDeploy } from './support/deploy-files.ts'

describeClient('the files of nginx', ['nginx'], () => {
  const folder = useFolder()

  test('are taken as they are', async () => {
    await cp(join(DEPLOY, 'nginx'), folder.path, { recursive: true })
    await writeNginxConf(folder.path)
    await checkNginx(folder.path)
  })

  test('those of the compose file are taken, but for what Debian’s nginx is too old for', async () => {
    const replicas = readDeploy('compose', 'nginx', 'replicas.conf')
    expect(replicas.match(/^server \S+ resolve /gm)).toHaveLength(4)
    const older = replicas.replace(/^resolver .*$/gm, '').replace(/berth-(\d):5000 resolve/g, '127.0.0.1:500$1')
    expect(older.match(/^server .*$/gm)).toEqual(readDeploy('nginx', 'berth', 'replicas.conf').match(/^server .*$/gm))
    const path = await folder.make('compose')
    await cp(join(DEPLOY, 'nginx', 'berth.conf'), join(path, 'berth.conf'))
    await cp(join(DEPLOY, 'compose', 'nginx'), join(path, 'berth'), { recursive: true })
    await writeFile(join(path, 'berth/replicas.conf'), older)
    await writeNginxConf(path)
    await checkNginx(path)
  })
})

describeClient('the file of HAProxy', ['haproxy'], () => {
  const check = (env: Readonly<Record<string, string>>) =>
    must([program('haproxy'), '-c', '-f', join(DEPLOY, 'haproxy/haproxy.cfg')], { env })

  test('is taken without any variable, and with all of them, several words among them', async () => {
    await check({})
    await check({
      BERTH_BALANCER_BIND: ':5000 accept-proxy',
      BERTH_BALANCER_FIRST: '[::1]:5001',
      BERTH_BALANCER_SECOND: '10.0.0.2:5000',
    })
  })
})
