import { text } from 'node:stream/consumers'

/** From a terminal without showing it, or the first line of standard input. */
export async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY
    ? await promptHidden('Password: ')
    : ((await text(process.stdin)).split('\n')[0] ?? '')
  if (password === '') throw new Error('the password is empty; type one, or pipe it in')
  return password
}

/** The same of several: asked for one after the other, or a line each. */
export async function readPasswords(questions: readonly string[]): Promise<readonly string[]> {
  const given: string[] = []
  if (process.stdin.isTTY) for (const question of questions) given.push(await promptHidden(question))
  else given.push(...(await text(process.stdin)).split(/\r?\n/).slice(0, questions.length))
  if (given.length < questions.length || given.includes('')) throw new Error('a password is empty')
  return given
}

async function promptHidden(question: string): Promise<string> {
  process.stderr.write(question)
  process.stdin.setRawMode(true)
  let typed = ''
  for await (const chunk of process.stdin) {
    for (const character of String(chunk)) {
      if (character === '\r' || character === '\n') {
        process.stdin.setRawMode(false)
        process.stderr.write('\n')
        return typed
      }
      if (character === '\u0003') process.exit(130)
      typed = character === '\u007f' ? typed.slice(0, -1) : typed + character
    }
  }
  return typed
}
