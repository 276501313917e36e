import type { Place, StackProfile } from './load.ts'
import { Tally } from './shares.ts'

/** Threads beside those that answer: of the compiler, the collector and the allocator. */
const HELPERS = /^(?:JITWorker|JSCWarmUp|Heap|Collector|ollector|mi-)/
const CALLS = 4

/** Adds up what `perf script -F comm,ip,sym,dso` prints: for each sample the thread, then its stack from the inside. */
export function sumStacks(text: string): StackProfile {
  const places = new Tally<Place>()
  const calls = new Tally()
  for (const sample of text.split('\n\n')) {
    const [thread = '', ...stack] = sample.trim().split('\n')
    if (stack.length === 0) continue
    places.add(HELPERS.test(thread) ? 'helpers' : placeOf(stack[0] ?? ''))
    calls.add(/ __x64_sys_(\w+) /.exec(sample)?.[1])
  }
  const share = (place: Place) => places.share(place)
  return {
    samples: places.total,
    places: {
      ...{ kernel: share('kernel'), bun: share('bun') },
      ...{ compiled: share('compiled'), helpers: share('helpers') },
    },
    calls: calls.most(CALLS),
  }
}

/** `ffffffff81e28690 sock_poll ([kernel.kallsyms])`; compiled code is in no file, perf only hopes for one. */
function placeOf(frame: string): Place {
  if (frame.includes('([kernel')) return 'kernel'
  return /\((?:\/tmp\/perf-\d+\.map|\/\/anon|\[unknown\])\)/.test(frame) ? 'compiled' : 'bun'
}
