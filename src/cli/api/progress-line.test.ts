import { expect, spyOn, test } from 'bun:test'
import { bar, progressLine, whileWaiting } from './progress-line.ts'

test('a bar is as long as what is done of it', () => {
  expect(bar(0, 24)).toBe(`[${' '.repeat(24)}] 0 of 24`)
  expect(bar(6, 24)).toBe(`[${'#'.repeat(6)}${' '.repeat(18)}] 6 of 24`)
  expect(bar(30, 24)).toBe(`[${'#'.repeat(24)}] 30 of 24`)
  expect(bar(0, 0)).toBe(`[${' '.repeat(24)}] 0 of 0`)
})

test.each([
  [true, ['\r\u001b[Kcopying  [31m (0 s)', '\r\u001b[K']],
  [false, []],
] as const)(
  'on a terminal (%p) it is written anew and taken away, elsewhere nothing is',
  async (isTerminal, written) => {
    const write = spyOn(process.stderr, 'write').mockImplementation(() => true)
    try {
      const work = async (say: (text: string) => void) => {
        say('copying \u001b[31m')
        throw new Error('it broke')
      }
      await expect(whileWaiting(work, progressLine(isTerminal))).rejects.toThrow('it broke')
      expect(write.mock.calls.map(([text]) => String(text))).toEqual([...written])
    } finally {
      write.mockRestore()
    }
  },
)
