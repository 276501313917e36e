import { expect, it } from 'bun:test'
import { fileReply } from './file-reply.ts'

function nameOf(name: string): string {
  const { headers } = fileReply(new Request('http://registry.test/'), name, new Uint8Array(3))
  const said = new Headers(headers).get('content-disposition') ?? ''
  expect(said).toMatch(/^attachment; filename\*=UTF-8''[A-Za-z0-9%._~!-]+$/)
  return decodeURIComponent(said.slice(said.indexOf("''") + 2))
}

it.each([
  ['motd', 'motd'],
  ['größe 漢字.txt', 'größe 漢字.txt'],
  ["it's (1)*.txt", "it's (1)_.txt"],
  ['a\r\nSet-Cookie: x=1', 'a__Set-Cookie_ x=1'],
  ['"; filename=evil.exe', '_; filename=evil.exe'],
  ['..\\..\\autoexec.bat', '__.._autoexec.bat'],
  ['../etc/passwd', '__etc_passwd'],
  ['photo\u202Egpj.exe', 'photo_gpj.exe'],
  ['a\0b', 'a_b'],
  ['C:\\x', 'C__x'],
  ['.bashrc', '_bashrc'],
  ['\ud800', '_'],
  ['', 'file'],
])('%j is downloaded as %j', (name, expected) => {
  expect(nameOf(name).replaceAll('\ufffd', '_')).toBe(expected)
})

it('a name of 64 KiB is downloaded by its end, and names and marks are never cut apart', () => {
  expect(nameOf(`${'x'.repeat(65_536)}.txt`)).toHaveLength(150)
  expect([...nameOf('😀'.repeat(1000))]).toHaveLength(150)
})
