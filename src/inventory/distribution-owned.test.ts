import { describe, expect, it } from 'bun:test'
import { isOfDistribution } from './distribution-owned.ts'

const DEBIAN = { id: 'debian', versionId: '12' }
const ROCKY = { id: 'rocky', versionId: '9.4', idLike: ['rhel', 'centos', 'fedora'] }
const at = (path: string, type: 'pypi' | 'deb' = 'pypi') => ({ type, name: 'requests', version: '2.28.1', path })

describe('isOfDistribution', () => {
  it.each([
    ['usr/lib/python3/dist-packages/requests.egg-info', DEBIAN, true],
    ['usr/local/lib/python3.11/dist-packages/requests-2.28.1.dist-info/METADATA', DEBIAN, false],
    ['usr/lib/python3.9/site-packages/requests-2.28.1.dist-info/METADATA', ROCKY, true],
    ['usr/local/lib/python3.9/site-packages/requests-2.28.1.dist-info/METADATA', ROCKY, false],
    ['usr/lib/python3.9/site-packages/requests-2.28.1.dist-info/METADATA', DEBIAN, false],
    ['opt/app/usr/lib/python3/dist-packages/requests.egg-info', DEBIAN, false],
  ])('%s', (path, os, expected) => {
    expect(isOfDistribution(at(path), os)).toBe(expected)
  })

  it('says nothing of packages of the distribution, nor without one', () => {
    expect(isOfDistribution(at('usr/lib/python3/dist-packages/x', 'deb'), DEBIAN)).toBe(false)
    expect(isOfDistribution(at('usr/lib/python3/dist-packages/x'), undefined)).toBe(false)
  })
})
