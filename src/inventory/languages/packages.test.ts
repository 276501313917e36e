import { describe, expect, it } from 'bun:test'
import { analyze, analyzerOf, named } from '../../../test/support/analyze.ts'
import { zip } from '../../../test/support/zip.ts'
import type { Analysis } from '../analyzer.ts'

describe('npm', () => {
  it('claims what is installed and no other package.json', () => {
    for (const path of [
      'app/node_modules/left-pad/package.json',
      'usr/lib/node_modules/npm/package.json',
      'app/node_modules/@types/node/package.json',
      'app/node_modules/a/node_modules/b/package.json',
      'app/node_modules/.pnpm/@babel+core@7.0.0/node_modules/@babel/core/package.json',
      'app/.yarn/unplugged/fsevents-patch-abc/node_modules/fsevents/package.json',
      'node_modules/a/package.json',
    ])
      expect([path, analyzerOf(path)?.name]).toEqual([path, 'npm'])
    for (const path of [
      'app/package.json',
      'app/package-lock.json',
      'app/yarn.lock',
      'app/node_modules/a/dist/esm/package.json',
      'app/node_modules/@types/package.json',
      'app/node_modules/.package-lock.json',
      'app/old_node_modules/a/package.json',
    ])
      expect([path, analyzerOf(path)?.name]).toEqual([path, undefined])
  })

  const npm = (text: string) => analyze('node_modules/x/package.json', text)

  it('reads name, version and every way in which licences were written', async () => {
    expect(await npm('{"name":"@a/b","version":"1.2.3-rc.1+x","license":"MIT"}')).toEqual({
      packages: [{ type: 'npm', name: '@a/b', version: '1.2.3-rc.1+x', licenses: ['MIT'] }],
    })
    const old = await npm('\ufeff{"name":"x","version":"1.0.0","licenses":[{"type":"MIT"},{"type":"X11"},3]}')
    expect(old?.packages?.[0]?.licenses).toEqual(['MIT', 'X11'])
    expect((await npm('{"name":"x","version":"1","license":{"type":"ISC"}}'))?.packages?.[0]?.licenses).toEqual(['ISC'])
  })

  it('says why not', async () => {
    expect(await npm('{"type":"module"}')).toBeUndefined()
    expect(await npm('{"name":"a b<script>","version":"1.0.0"}')).toEqual({
      reason: 'has no name and version as npm has them',
    })
    expect(await npm('[]')).toEqual({ reason: 'is no JSON object' })
    await expect(npm('{')).rejects.toThrow('is no JSON')
    await expect(npm(' '.repeat(5 * 1024 * 1024))).rejects.toThrow('bytes long')
    expect(await npm(`{"name":"${'a'.repeat(300)}","version":"1"}`)).toHaveProperty('reason')
  })
})

describe('Yarn without node_modules', () => {
  const PATH = 'app/.yarn/cache/@types-node-npm-20.1.0-abc-10.zip'
  const description = (name: string) => ({ name, content: '{"name":"@types/node","version":"20.1.0"}' })

  it('reads packages in the archives that they are run from', async () => {
    const archive = zip([
      description('node_modules/@types/node/package.json'),
      description('node_modules/@types/node/test/package.json'),
      { name: 'node_modules/@types/node/index.js', content: '' },
    ])
    expect(await analyze(PATH, archive)).toEqual({
      packages: [{ type: 'npm', name: '@types/node', version: '20.1.0' }],
    })
    expect(await analyze(PATH, zip([]))).toEqual({ packages: [], reason: 'holds no package' })
    expect(analyzerOf('app/files/cache/x.zip')).toBeUndefined()
  })
})

describe('PyPI', () => {
  it('claims descriptions of installed packages', () => {
    for (const path of [
      'usr/lib/python3.11/site-packages/urllib3-1.26.5.dist-info/METADATA',
      'a/x.egg-info/PKG-INFO',
      'a/x.egg/EGG-INFO/PKG-INFO',
      'a/Python-2.7.18.egg-info',
    ])
      expect([path, analyzerOf(path)?.name]).toEqual([path, 'pypi'])
    for (const path of ['a/METADATA', 'a/PKG-INFO', 'a/requirements.txt', 'a/x.dist-info/RECORD'])
      expect([path, analyzerOf(path)?.name]).toEqual([path, undefined])
  })

  const python = (text: string) => analyze('x.dist-info/METADATA', text)

  it('reads the header, and nothing that the description says', async () => {
    const text =
      'Metadata-Version: 2.1\r\nName: Zope.Interface_x\r\nVersion: 5.4.0\r\nLicense: ZPL 2.1\r\n' +
      'Classifier: License :: OSI Approved :: Zope Public License\r\nDescription: a\r\n  Name: other\r\n\r\nVersion: 9\r\n'
    expect(await python(text)).toEqual({
      packages: [
        {
          ...{ type: 'pypi', name: 'Zope.Interface_x', version: '5.4.0' },
          licenses: ['ZPL 2.1', 'Zope Public License'],
        },
      ],
    })
  })

  it('takes an expression before everything else, and no whole text for a name', async () => {
    const licenses = async (lines: string) => (await python(`Name: a\nVersion: 1\n${lines}\n`))?.packages?.[0]?.licenses
    expect(await licenses('License: x\nLicense-Expression: MIT OR Apache-2.0')).toEqual(['MIT OR Apache-2.0'])
    expect(await licenses(`License: ${'long '.repeat(100)}`)).toBeUndefined()
    expect(await licenses('License: UNKNOWN\nClassifier: License :: OSI Approved')).toBeUndefined()
  })

  it('says why not', async () => {
    expect(await python('Name: a\n\nVersion: 1\n')).toHaveProperty('reason')
    expect(await python('Name: ../../etc\nVersion: 1\n')).toHaveProperty('reason')
  })
})

describe('gems', () => {
  const PATH = 'usr/lib/ruby/gems/3.1.0/specifications/rack-2.2.22.gemspec'
  // The beginning of the specification in Debian's ruby-rack.
  const RACK = `# -*- encoding: utf-8 -*-
# stub: rack 2.2.22 ruby lib

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.22"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.files = ["bin/rackup".freeze]
  s.licenses = ["MIT".freeze, 'Ruby']
  s.add_dependency(%q<minitest>.freeze, ["~> 5.0"])
end
`

  it('claims specifications of installed gems, and no others', () => {
    expect(analyzerOf(PATH)?.name).toBe('gem')
    expect(analyzerOf('usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec')?.name).toBe('gem')
    expect(analyzerOf('usr/lib/ruby/gems/3.1.0/gems/rack-2.2.22/rack.gemspec')).toBeUndefined()
    expect(analyzerOf('app/Gemfile.lock')).toBeUndefined()
  })

  it('reads what RubyGems writes, without running it', async () => {
    const rack = { type: 'gem', name: 'rack', version: '2.2.22', licenses: ['MIT', 'Ruby'] } as const
    expect(await analyze(PATH, RACK)).toEqual({ packages: [rack] })
    expect(await analyze(PATH, RACK.replace(/^# stub.*$/m, ''))).toEqual({ packages: [rack] })
  })

  it('reads versions that are made by words, and those of the file name when it is computed', async () => {
    const gem = async (text: string, path = PATH) => named(await analyze(path, text))
    expect(await gem('s.name = \'a\'\ns.version = Gem::Version.new("1.2")')).toEqual(['a 1.2'])
    expect(await gem('s.name = %q{rack}\ns.version = Rack::VERSION')).toEqual(['rack 2.2.22'])
    expect(await gem('', 'specifications/nokogiri-1.13.8-x86_64-linux.gemspec')).toEqual(['nokogiri 1.13.8'])
    expect(await analyze('specifications/x.gemspec', 'exit!')).toEqual({
      reason: 'does not say its name and version in words',
    })
  })
})

describe('NuGet', () => {
  const published = (libraries: object, target?: object) =>
    analyze(
      'app/app.deps.json',
      JSON.stringify({ runtimeTarget: { name: 'T' }, targets: { T: target ?? {} }, libraries }),
    )

  it('lists packages and the runtime that is there, not projects', async () => {
    const analysis = await published({
      'app/1.0.0': { type: 'project' },
      'Newtonsoft.Json/13.0.1': { type: 'package' },
      'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/6.0.5': { type: 'runtimepack' },
    })
    expect(named(analysis)).toEqual(['Newtonsoft.Json 13.0.1', 'Microsoft.NETCore.App.Runtime.linux-x64 6.0.5'])
    expect(analysis).not.toHaveProperty('reason')
  })

  it('leaves out what was there while building only', async () => {
    const libraries = { 'A/1.0.0': { type: 'package' }, 'B/1.0.0': { type: 'package' }, 'C/1.0.0': { type: 'package' } }
    const target = { 'A/1.0.0': { runtime: { 'A.dll': {} } }, 'B/1.0.0': { compile: { 'B.dll': {} } } }
    expect(named(await published(libraries, target))).toEqual(['A 1.0.0', 'C 1.0.0'])
  })

  it('says what it could not name', async () => {
    expect(await published({ 'a b/1': { type: 'package' }, x: { type: 'package' } })).toMatchObject({
      reason: expect.stringContaining('2 libraries'),
    })
    expect(await analyze('a.deps.json', '{"libraries":[]}')).toEqual({ reason: 'lists no libraries' })
  })
})

describe('Composer', () => {
  const PATH = 'app/vendor/composer/installed.json'
  const LIST = [{ name: 'symfony/http-kernel', version: 'v4.4.1', license: ['MIT'] }, { name: 'bad name' }]

  it('reads both forms of its list', async () => {
    const expected: Analysis = {
      packages: [{ type: 'composer', name: 'symfony/http-kernel', version: 'v4.4.1', licenses: ['MIT'] }],
      reason: '1 packages are not named as Composer names them',
    }
    expect(await analyze(PATH, JSON.stringify(LIST))).toEqual(expected)
    expect(await analyze(PATH, JSON.stringify({ packages: LIST, dev: true }))).toEqual(expected)
    expect(await analyze(PATH, '{"other":1}')).toBeUndefined()
  })

  it('reads no more than it may', async () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ name: `a/b${at}`, version: '1' }))
    const analysis = await analyze(PATH, JSON.stringify(many), { depth: 1, bytes: 1, entries: 10 })
    expect(analysis?.packages).toHaveLength(10)
    expect(analysis?.reason).toContain('40')
  })
})
