/** Known already, or to be waited for: waiting for what is known would cost a turn of the event loop's queue. */
export type MaybePromise<T> = T | Promise<T>

/** Goes on with a value at once where it is known. What `next` throws then is thrown here. */
export function after<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
