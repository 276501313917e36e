import { describe, expect, it } from 'bun:test'
import { isTransient } from './s3/failure.ts'
import { withRetries } from './retry.ts'

function answered(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } })
}

describe('what is tried again', () => {
  it.each([
    ['SlowDown', 503],
    ['InternalError', 500],
    ['TooManyRequests', 429],
    ['RequestTimeout', 400],
  ])('%s with %d', (name, status) => expect(isTransient(answered(name, status))).toBe(true))

  it('a connection that failed, and an answer that did not come', () => {
    expect(isTransient(Object.assign(new TypeError('closed'), { code: 'ECONNRESET' }))).toBe(true)
    expect(isTransient(Object.assign(new Error('no answer within 10 s'), { name: 'AbortError' }))).toBe(true)
  })

  it.each([
    ['AccessDenied', 403],
    ['NoSuchKey', 404],
    ['InvalidPart', 400],
  ])('not %s with %d', (name, status) => expect(isTransient(answered(name, status))).toBe(false))

  it('not missing credentials, nor a bug', () => {
    expect(isTransient(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }))).toBe(false)
    expect(isTransient(new TypeError('undefined is not a function'))).toBe(false)
  })
})

describe('retries', () => {
  const plan = { attemptMs: 1000, totalMs: 300, isTransient: () => true }

  it('go on until it works', async () => {
    let attempts = 0
    const result = await withRetries(async () => {
      if (++attempts < 3) throw new Error('not yet')
      return 'done'
    }, plan)
    expect([result, attempts]).toEqual(['done', 3])
  })

  it('end with the last error when the time is over', async () => {
    let attempts = 0
    const start = performance.now()
    await expect(
      withRetries(async () => {
        throw new Error(`attempt ${++attempts}`)
      }, plan),
    ).rejects.toThrow(`attempt`)
    expect(attempts).toBeGreaterThan(1)
    expect(performance.now() - start).toBeLessThan(plan.totalMs + 200)
  })

  it('are none after an error that stays', async () => {
    let attempts = 0
    const failing = async () => {
      attempts++
      throw new Error('denied')
    }
    await expect(withRetries(failing, { ...plan, isTransient: () => false })).rejects.toThrow('denied')
    expect(attempts).toBe(1)
  })

  it('an attempt that takes too long is aborted, and tried again', async () => {
    let attempts = 0
    const result = await withRetries(
      (signal) =>
        new Promise<string>((resolve, reject) => {
          if (++attempts > 1) resolve('done')
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
      { ...plan, attemptMs: 20 },
    )
    expect([result, attempts]).toEqual(['done', 2])
  })
})
