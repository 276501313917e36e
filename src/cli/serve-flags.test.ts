import { expect, it } from 'bun:test'
import { Command } from 'commander'
import { plainServeFlags, withServeFlags } from './serve-flags.ts'

function parsed(words: readonly string[]): unknown {
  const program = new Command().enablePositionalOptions()
  let flags: unknown
  withServeFlags(program.command('serve', { isDefault: true })).action((given: unknown) => {
    flags = given
  })
  program.parse(words, { from: 'user' })
  return flags
}

it.each([
  [[]],
  [['serve']],
  [['--data', '/d']],
  [['serve', '--listen', '0.0.0.0:5000', '--insecure-http', '--tls-client-ca', 'ca.pem']],
  [['serve', '--config', 'a.yml', '--data', 'b', '--data', 'c']],
  [['--insecure-http', '--workers', 'auto', '--log-level', 'warn', '--htpasswd', 'h', '--external-url', 'u']],
])('%j is what the parser of the commands understands', (words) => {
  expect(plainServeFlags(words)).toEqual(parsed(words) as never)
})

it.each([
  [['serve', '--data']],
  [['serve', '--data=x']],
  [['--data', '-x']],
  [['serve', '--help']],
  [['--version']],
  [['serve', '--unknown', 'x']],
  [['serve', 'more']],
  [['worker']],
  [['project', 'list']],
  [['serve', '--', '--data', 'x']],
])('%j is left to the parser of the commands', (words) => {
  expect(plainServeFlags(words)).toBeUndefined()
})
