import { afterAll, beforeAll, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { GROUPS, PEOPLE, person, READER, type Slapd, startSlapd } from '../support/slapd.ts'
import { describeClient } from './support/clients.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { section, steps } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'

describeClient(
  'a directory, by docs/access.md',
  ['docker', 'dockerd', 'containerd', 'slapd', 'ldapadd', 'bash'],
  () => {
    const folder = useFolder()
    const docker = useDocker(folder)
    let slapd: Slapd | undefined
    const guide = useGuideServer(folder, {
      sections: ['LDAP'],
      // Another base and another address; the rest is the page's.
      instead: async () => {
        slapd = await startSlapd()
        await slapd.addLdif(person('dave', 'mail: dave@example.com'))
        const member = `uid=dave,${PEOPLE}`
        await slapd.modify(`dn: cn=devs,${GROUPS}\nchangetype: modify\nadd: member\nmember: ${member}\n`)
        const { ldapsUrl: url, caFile: ca, readerPasswordFile: bindPasswordFile } = slapd
        const corp = { url, ca, bindDn: READER.dn, bindPasswordFile, userBase: PEOPLE, groupBase: GROUPS }
        return { auth: { ldap: { corp } } }
      },
      files: { 'dave.password': 'davepw' },
    })
    afterAll(() => slapd?.close())

    beforeAll(async () => {
      guide.setEnv(docker.env)
      const ran = await guide.shell('berth project add team --private')
      expect(ran.code, ran.all).toBe(0)
    })

    for (const step of steps(section('LDAP'))) test(`$ ${step.command}`, () => guide.follow(step))

    test('somebody with the address of a user is that user', async () => {
      const add = await guide.shell('berth user add erin --no-password --email erin@example.com')
      expect(add.code, add.all).toBe(0)
      await slapd?.addLdif(person('e.rin', 'mail: Erin@Example.com'))
      await writeFile(folder.at('erin.password'), 'e.rinpw')
      const login = await guide.shell('docker login registry.example.com -u e.rin --password-stdin < erin.password')
      expect(login.code, login.all).toBe(0)
      expect((await guide.shell('berth user list')).all).toBe(
        'dave (dave@example.com)\nerin (erin@example.com)\nroot (administrator)\n',
      )
    })

    test('a wrong password is refused, and while the directory is down everybody of it has to wait', async () => {
      const wrong = await guide.shell('docker login registry.example.com -u dave --password-stdin < root.password')
      expect(wrong.all).toContain('unauthorized: the user name or password is wrong')
      await slapd?.stop()
      const down = await guide.shell('docker login registry.example.com -u erin --password-stdin < erin.password')
      expect(down.code).not.toBe(0)
      expect(down.all).toContain('503')
      const own = await guide.shell('docker login registry.example.com -u root --password-stdin < root.password')
      expect(own.code, own.all).toBe(0)
    })
  },
)
