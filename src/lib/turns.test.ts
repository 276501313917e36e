import { expect, it } from 'bun:test'
import { Turns } from './turns.ts'

it('the same key one after the other, another key meanwhile, and a failure holds nobody up', async () => {
  const turns = new Turns<string>()
  const order: string[] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const first = turns.run('a', async () => {
    await held
    order.push('first')
    throw new Error('no')
  })
  const second = turns.run('a', async () => void order.push('second'))
  await turns.run('b', async () => void order.push('other'))
  release()
  await expect(first).rejects.toThrow('no')
  await second
  expect(order).toEqual(['other', 'first', 'second'])
})
