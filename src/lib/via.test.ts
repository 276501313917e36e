import { expect, test } from 'bun:test'
import { hasComeRound, onItsWay, viaHeader, wayBefore } from './via.ts'

const [a, b, c] = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'] as const

test('a request that came from nobody like us begins a way', () => {
  for (const header of [null, '', '1.1 varnish', '1.1 berth-NOBODY, 1.0 berth-aaaaaaaa', 'x1.1 berth-aaaaaaaa'])
    onItsWay(a, header, () => {
      expect([hasComeRound(), wayBefore(), viaHeader(a)]).toEqual([false, '', `1.1 berth-${a}`])
    })
})

test('each adds itself, other proxies in between or not, and knows itself again', async () => {
  const first = viaHeader(a)
  const second = onItsWay(b, `1.1 nginx, ${first}`, () => [hasComeRound(), viaHeader(b)] as const)
  expect(second).toEqual([false, `1.1 berth-${a}, 1.1 berth-${b}`])
  // Also after a while.
  const again = await onItsWay(a, `${second[1]},1.1 nginx`, async () => {
    await Promise.resolve()
    return [hasComeRound(), wayBefore()] as const
  })
  expect(again).toEqual([true, `${a},${b}`])
})

test('a way has an end', () => {
  const long = [a, b, a, b].map((name) => `1.1 berth-${name}`)
  expect(onItsWay(c, long.join(), hasComeRound)).toBe(true)
  expect(onItsWay(c, long.slice(1).join(), hasComeRound)).toBe(false)
})
