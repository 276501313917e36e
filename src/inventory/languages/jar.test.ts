import { describe, expect, it } from 'bun:test'
import { analyze, analyzerOf, LIMITS, named } from '../../../test/support/analyze.ts'
import { zip, type ZipFile } from '../../../test/support/zip.ts'

function pom(group: string, artifact: string, version: string): ZipFile {
  const content = `#Created by Apache Maven 3.6.0\r\ngroupId=${group}\r\nartifactId=${artifact}\r\nversion=${version}\r\n`
  return { name: `META-INF/maven/${group}/${artifact}/pom.properties`, content }
}

function manifest(...lines: readonly string[]): ZipFile {
  return {
    name: 'META-INF/MANIFEST.MF',
    content: ['Manifest-Version: 1.0', ...lines, '', 'Name: a/B', ''].join('\r\n'),
  }
}

const CLASS: ZipFile = { name: 'a/B.class', content: 'cafebabe' }
const LOG4J = pom('org.apache.logging.log4j', 'log4j-core', '2.14.1')

describe('what a jar says of itself', () => {
  it('claims archives of Java', () => {
    for (const path of ['a.jar', 'a/b.WAR', 'x.ear', 'jenkins/x.hpi']) expect(analyzerOf(path)?.name).toBe('jar')
    expect(analyzerOf('a.zip')).toBeUndefined()
  })

  it('what Maven wrote, also of all that was shaded into it', async () => {
    const content = zip([pom('com.a', 'all', '1.0'), LOG4J, LOG4J, CLASS])
    expect(await analyze('app/x.jar', content)).toEqual({
      packages: [
        { type: 'maven', name: 'com.a:all', version: '1.0' },
        { type: 'maven', name: 'org.apache.logging.log4j:log4j-core', version: '2.14.1' },
      ],
    })
  })

  it('its own name beside what was shaded, when Maven wrote of that only', async () => {
    const own = manifest('Implementation-Vendor-Id: com.google.inject')
    const shaded = [own, pom('cglib', 'cglib', '3.2.12'), CLASS]
    expect(named(await analyze('app/guice-4.2.3.jar', zip(shaded)))).toEqual([
      'com.google.inject:guice 4.2.3',
      'cglib:cglib 3.2.12',
    ])
    const plain = [pom('cglib', 'cglib', '3.2.12'), CLASS]
    expect(await analyze('app/shop-4.2.3-all.jar', zip(plain))).toEqual({
      packages: [
        { type: 'maven', name: 'shop', version: '4.2.3' },
        { type: 'maven', name: 'cglib:cglib', version: '3.2.12' },
      ],
    })
    expect(named(await analyze('app/renamed-3.2.12.jar', zip(plain)))).toEqual(['cglib:cglib 3.2.12'])
    // A renamed one is no second library.
    const renamed = [manifest('Implementation-Vendor-Id: cglib.cglib'), pom('cglib.cglib', 'cglib', '3.2.12')]
    expect(named(await analyze('app/renamed-3.2.12.jar', zip(renamed)))).toEqual(['cglib.cglib:cglib 3.2.12'])
  })

  it('its manifest and its file name', async () => {
    const jar = async (path: string, ...files: readonly ZipFile[]) => named(await analyze(path, zip([...files, CLASS])))
    const bundle = manifest('Bundle-SymbolicName: org.slf4j.api; singlet', ' on:=true', 'Bundle-Version: 1.7.32')
    expect(await jar('app/api.jar', bundle)).toEqual(['org.slf4j:api 1.7.32'])
    expect(await jar('app/spring-core-5.3.17.jar', manifest('Implementation-Title: spring-core'))).toEqual([
      'org.springframework:spring-core 5.3.17',
    ])
    expect(await jar('app/spring-boot-starter-web-2.6.0.jar')).toEqual([
      'org.springframework.boot:spring-boot-starter-web 2.6.0',
    ])
    const titled = manifest(
      'Implementation-Title: tool',
      'Implementation-Version: 3.1',
      'Implementation-Vendor-Id: a.b',
    )
    expect(await jar('app/renamed.jar', titled)).toEqual(['a.b:tool 3.1'])
    // Its folder says the group, and it was made without the properties.
    const folder = { name: 'META-INF/maven/com.google.guava/guava/pom.xml', content: '<project/>' }
    expect(await jar('app/guava-31.1-jre.jar', folder)).toEqual(['com.google.guava:guava 31.1-jre'])
  })

  it('a library without a group is named, and its report says that advisories need one', async () => {
    expect(await analyze('app/odd-lib-1.2+a~b.jar', zip([CLASS]))).toEqual({
      packages: [{ type: 'maven', name: 'odd-lib', version: '1.2+a~b' }],
      reason: 'the group of odd-lib is not known',
    })
    const application = zip([CLASS, { name: 'BOOT-INF/lib/x.jar', content: zip([LOG4J]) }])
    const analysis = await analyze('app/shop-3.0.jar', application)
    expect(named(analysis)).toEqual(['shop 3.0', 'org.apache.logging.log4j:log4j-core 2.14.1'])
    expect(analysis).not.toHaveProperty('reason')
  })

  it('nothing: code without a word is unknown, pictures are not', async () => {
    expect(await analyze('app/a.jar', zip([CLASS]))).toEqual({
      packages: [],
      unknown: true,
      reason: 'does not say what it is',
    })
    expect(await analyze('app/a.jar', zip([{ name: 'a.png', content: 'x' }]))).toEqual({ packages: [] })
  })
})

describe('archives in archives', () => {
  const library = zip([LOG4J, CLASS])

  it('speak for themselves, whether packed or not', async () => {
    const war = zip([
      { name: 'WEB-INF/lib/log4j-core-2.14.1.jar', content: library, method: 0 },
      { name: 'WEB-INF/lib/b-1.0.jar', content: zip([pom('a', 'b', '1.0')]) },
      { name: 'WEB-INF/classes/C.class', content: '' },
    ])
    const ear = zip([{ name: 'web.war', content: war }])
    const analysis = await analyze('app/app.ear', ear)
    expect(named(analysis)).toEqual(['org.apache.logging.log4j:log4j-core 2.14.1', 'a:b 1.0'])
    expect(analysis).not.toHaveProperty('unknown')
  })

  it('a program that starts itself has a script before its archive', async () => {
    const boot = zip([{ name: 'BOOT-INF/lib/x.jar', content: library, method: 0 }])
    const started = Buffer.concat([Buffer.from('#!/bin/sh\nexec java -jar "$0"\n'), boot])
    expect(named(await analyze('app/app.jar', started))).toEqual(['org.apache.logging.log4j:log4j-core 2.14.1'])
  })

  it('are looked into no deeper than allowed', async () => {
    let archive = library
    for (let level = 0; level < 6; level++) archive = zip([{ name: 'n.jar', content: archive }])
    expect(await analyze('app/deep.jar', archive)).toEqual({
      packages: [],
      unknown: true,
      reason: `${'n.jar: '.repeat(5)}lies too deep in archives`,
    })
    expect(named(await analyze('app/deep.jar', archive, { ...LIMITS, depth: 6 }))).toHaveLength(1)
  })

  it('a broken one does not hide the others', async () => {
    const war = zip([
      { name: 'bad.jar', content: 'no archive' },
      { name: 'good.jar', content: library },
    ])
    expect(await analyze('app/a.war', war)).toMatchObject({
      packages: [{ name: 'org.apache.logging.log4j:log4j-core' }],
      unknown: true,
      reason: expect.stringContaining('bad.jar: is no zip archive'),
    })
  })
})

describe('bombs', () => {
  it('a small entry that unpacks to much is not unpacked', async () => {
    const bomb = { name: 'b.jar', content: Buffer.alloc(100 * 1024 * 1024) }
    const analysis = await analyze('app/a.war', zip([bomb, LOG4J]))
    expect(analysis).toMatchObject({ unknown: true, reason: 'b.jar: unpacks to more than is read' })
    expect(named(analysis)).toHaveLength(1)
  })

  it('a distribution answers for what its jars are, and not for what could not be read in them', async () => {
    expect(await analyze('usr/share/java/a.jar', zip([CLASS]))).toEqual({ packages: [], ofDistribution: true })
    const bomb = { name: 'b.jar', content: Buffer.alloc(100 * 1024 * 1024) }
    expect(await analyze('usr/share/java/a.jar', zip([bomb]))).toMatchObject({ unknown: true })
  })

  it('an entry that is larger than it says is not believed', async () => {
    const lie = { name: 'b.jar', content: Buffer.alloc(50 * 1024 * 1024), saysBytes: 100 }
    const analysis = await analyze('app/a.war', zip([lie]))
    expect(analysis).toMatchObject({
      unknown: true,
      reason: 'b.jar: has an entry that is broken, or larger than it says',
    })
  })

  it('many together cost no more than one may', async () => {
    const inner = zip([{ name: 'c.jar', content: Buffer.alloc(20 * 1024 * 1024) }])
    const many = Array.from({ length: 50 }, (_, at) => ({ name: `${at}.jar`, content: inner }))
    const started = performance.now()
    const analysis = await analyze('app/a.war', zip(many))
    expect(analysis?.reason).toContain('unpacks to more than is read')
    expect(analysis?.reason).toContain('and 45 more')
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('the list of entries is read no further than allowed, nested ones counted', async () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ name: `${at}.txt`, content: '' }))
    const analysis = await analyze('app/a.jar', zip([...many, LOG4J]), { ...LIMITS, entries: 20 })
    expect(analysis).toMatchObject({ packages: [], reason: 'has more entries than are read' })
  })

  it('names and versions that are none are not shown', async () => {
    const analysis = await analyze('app/a.jar', zip([pom('<b>', 'x', '1'), pom('a', 'b', '@project.version@ x')]))
    expect(analysis).toEqual({ packages: [], reason: "2 names are none of Maven's" })
  })

  it('an encrypted or oddly packed entry is a reason', async () => {
    const archive = zip([LOG4J])
    const flagged = Buffer.from(archive)
    const list = flagged.indexOf(Buffer.from('PK\x01\x02', 'latin1'))
    flagged.writeUInt16LE(1, list + 8)
    expect(await analyze('app/a.jar', flagged)).toMatchObject({ reason: expect.stringContaining('encrypted') })
    const packed = Buffer.from(archive)
    packed.writeUInt16LE(14, list + 10)
    expect(await analyze('app/a.jar', packed)).toMatchObject({ reason: expect.stringContaining('method 14') })
  })

  it('what is no archive says so', async () => {
    await expect(analyze('app/a.jar', '')).rejects.toThrow('is no zip archive')
    await expect(analyze('app/a.jar', 'PK\x03\x04 and no end')).rejects.toThrow('is no zip archive')
  })
})
