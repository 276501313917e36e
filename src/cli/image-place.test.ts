import { describe, expect, it, test } from 'bun:test'
import { parseSource } from './import.ts'
import { parseImagePlace } from './image-place.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe('where images are', () => {
  it.each([
    ['registry.example/team/app:v1', { kind: 'registry', host: 'registry.example', name: 'team/app', reference: 'v1' }],
    ['127.0.0.1:5000/app', { kind: 'registry', host: '127.0.0.1:5000', name: 'app', reference: undefined }],
    ['localhost/app:v1', { kind: 'registry', host: 'localhost', name: 'app', reference: 'v1' }],
    ['[::1]:5000/app:v1', { kind: 'registry', host: '[::1]:5000', name: 'app', reference: 'v1' }],
    [`docker://quay.io/a/b@${DIGEST}`, { kind: 'registry', host: 'quay.io', name: 'a/b', reference: DIGEST }],
    ['docker.io/nginx:1', { kind: 'registry', host: 'docker.io', name: 'library/nginx', reference: '1' }],
    ['registry.example', { kind: 'registry', host: 'registry.example', name: '', reference: undefined }],
    ['registry.example:5000', { kind: 'registry', host: 'registry.example:5000', name: '', reference: undefined }],
    ['local:team/app:v1', { kind: 'local', name: 'team/app', reference: 'v1' }],
    ['oci:/srv/layout', { kind: 'oci', path: '/srv/layout', name: '', reference: undefined }],
    ['oci:layout:v1', { kind: 'oci', path: 'layout', name: '', reference: 'v1' }],
    [`oci-archive:a.tar@${DIGEST}`, { kind: 'oci-archive', path: 'a.tar', name: '', reference: DIGEST }],
    ['docker-archive:a.tar:team/app:v1', { kind: 'docker-archive', path: 'a.tar', name: 'team/app', reference: 'v1' }],
  ] as const)('%s', (text, place) => {
    expect(parseImagePlace(text)).toEqual(place)
  })

  it.each([
    ...['nginx', 'team/app:v1', 'oci:', 'oci::v1', ''],
    ...['app:v1', 'dir:/x', 'docker-daemon:app:v1', 'host:70000/app', 'a b.example/app'],
  ])('is not said by %p', (text) => {
    expect(() => parseImagePlace(text)).toThrow(/HOST\/NAME\[:TAG\], oci:FOLDER/)
  })
})

test.each(['https://registry.example', 'http://127.0.0.1:7101/team/app:v1'])(
  '%s is said without its scheme',
  (text) => {
    expect(() => parseImagePlace(text)).toThrow(/named as images name it, without https?:\/\/: [r1]/)
  },
)

describe('what is imported', () => {
  it.each([
    ['images.tar', 'docker-archive'],
    ['/srv/images.tar.gz', 'docker-archive'],
    ['/srv/images.tar.bz2', 'docker-archive'],
    ['./layout', 'oci'],
    ['oci-archive:a.tar', 'oci-archive'],
    ['registry.example', 'registry'],
    ['registry.example:5000/team/**', 'registry'],
  ])('%s is of kind %s', (text, kind) => {
    expect(parseSource(text).kind as string).toBe(kind)
  })

  it('is not this registry itself', () => {
    expect(() => parseSource('local:team/app')).toThrow('berth promote')
  })
})
