import { expect, it } from 'bun:test'
import type { LayerInventory } from '../layer-inventory.ts'
import { InventoryParser, inventoryLines } from './wire.ts'

const INVENTORY: LayerInventory = {
  state: 'partial',
  reasons: ['it has no end'],
  osFiles: [{ path: 'etc/os-release', os: { id: 'alpine', versionId: '3.18', apkBranch: 'edge' } }],
  packageFiles: [
    {
      path: 'lib/apk/db/installed',
      packages: Array.from({ length: 1201 }, (_, index) => ({ type: 'apk', name: `p${index}`, version: '1' })),
    },
    { path: 'var/lib/dpkg/status', packages: [] },
  ],
  unknownBinaries: ['opt/x'],
  distributionBinaries: ['bin/x'],
  files: [
    { path: '', kind: 'opaque', sizeBytes: 0, mode: 0, content: '' },
    {
      ...{ path: 'bin/x', kind: 'file', sizeBytes: 2 ** 40, mode: 0o755, content: '0123456789abcdef' },
      ...{ uid: 0, gid: 1000, modified: 1_700_000_000, offset: 2 ** 40 },
    },
  ],
}

function parse(lines: Iterable<string>, maxFiles = 10): LayerInventory | undefined {
  const parser = new InventoryParser(maxFiles)
  for (const line of lines) parser.add(line)
  return parser.inventory()
}

it('what goes in comes out', () => {
  expect(parse(inventoryLines(INVENTORY))).toEqual(INVENTORY)
})

it('without its last line it is nothing, and after that nothing may come', () => {
  const lines = [...inventoryLines(INVENTORY)]
  expect(parse(lines.slice(0, -1))).toBeUndefined()
  expect(() => parse([...lines, lines[0] ?? ''])).toThrow('after the last')
})

it('what is no line of it is refused', () => {
  for (const line of [
    '',
    '{}',
    '[]',
    'null',
    '{"files":[["a",0,0,0]]}',
    '{"files":[["a",0,-1,0,"",[null,null,null,null]]]}',
    '{"files":[["a",0,1,0,"",[-1,null,null,null]]]}',
    '{"files":[],"more":1}',
  ])
    expect(() => parse([line])).toThrow()
  expect(() =>
    parse([JSON.stringify({ files: [[`${'x'.repeat(9000)}`, 0, 0, 0, '', [null, null, null, null]]] })]),
  ).toThrow()
  const packages = [{ type: 'exe', name: 'a', version: '1' }]
  expect(() => parse([JSON.stringify({ path: 'a', packages })])).toThrow()
  expect(() => parse(inventoryLines(INVENTORY), 1)).toThrow('more entries')
})
