import { expect } from 'bun:test'
import { until } from '../../e2e/support/until.ts'
import type { Ran } from './command.ts'
import { differenceOf, isRefusal, type Step } from './guide.ts'

/** Where the commands of a page run. */
export interface GuideShell {
  readonly shell: (command: string) => Promise<Ran>
  /** The page's text with the addresses and folders of the test. */
  readonly localised: (text: string) => string
}

/** Runs a line of a page, and what is printed must be what the page says. */
export async function followIn({ shell, localised }: GuideShell, step: Step): Promise<void> {
  const { code, stdout } = await heard(shell, step)
  expect(code !== 0, `${step.command}\n${stdout}`).toBe(isRefusal(step))
  compare(step, stdout, localised)
}

/** Of a refusal Go's client may notice that nobody reads what it sends before it reads why: whoever asks again is told. */
async function heard(shell: GuideShell['shell'], step: Step): Promise<Ran> {
  const answer = await shell(step.command)
  return isRefusal(step) && answer.stdout.includes('write: broken pipe') ? shell(step.command) : answer
}

function compare(step: Step, printed: string, localised: GuideShell['localised']): void {
  const output = step.output.map(localised)
  expect(differenceOf({ command: step.command, output }, printed), step.command).toBeUndefined()
}

/** A command at a terminal: what people are asked for is typed once the question is there. */
export interface Typed extends Pick<GuideShell, 'localised'> {
  readonly argv: (command: string) => readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly question: string
  readonly answer: string
}

const PATIENCE_MS = 60_000

/** Runs a line that asks for something. */
export async function followTyping(typed: Typed, step: Step): Promise<void> {
  const decoder = new TextDecoder()
  let seen = ''
  const child = Bun.spawn([...typed.argv(typed.localised(step.command))], {
    cwd: typed.cwd,
    env: { ...process.env, ...typed.env },
    terminal: {
      data: (_, bytes) => {
        seen += decoder.decode(bytes, { stream: true })
      },
    },
  })
  const asked = () => Promise.resolve(seen.includes(typed.question) || undefined)
  await until(`${step.command} asks`, asked, PATIENCE_MS)
  child.terminal?.write(`${typed.answer}\n`)
  const code = await child.exited
  const printed = seen.replaceAll('\r', '')
  expect(code, printed).toBe(0)
  expect(printed).not.toContain(typed.answer)
  compare(step, printed, typed.localised)
}
