import { expect, it, spyOn } from 'bun:test'
import { printTable } from './output.ts'

it('one long path does not push what follows it out of sight in other rows', () => {
  const lines: string[] = []
  const write = spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  printTable([
    ['n'.repeat(4000), 'long'],
    ['short', 'near'],
  ])
  write.mockRestore()
  expect(lines.map((line) => line.length)).toEqual([4007, 107])
})
