import type { Place, StackProfile } from './load.ts'
import { Tally } from './shares.ts'

/** Threads beside those that answer: of the compiler, the collector and the allocator. */
const HELPERS = /^(?:JITWorker|JSCWarmUp|Heap|Collector|ollector|mi-)/
/** What the entry of the kernel called; some are inlined into what they are made of. */
const CALL =
  / (?!exit_to_user|syscall_exit)(?:__x64_sys_|__do_sys_|__sys_|ksys_|do_)?(\w+) [^\n]*\n[^\n]* do_syscall_64 /
const CALLS = 4

/** Adds up what `perf script -F comm,ip,sym,dso` prints: for each sample the thread, then its stack from the inside. */
export function sumStacks(text: string): StackProfile {
  const places = new Tally<Place>()
  const calls = new Tally()
  for (const sample of text.split('\n\n')) {
    const [thread = '', ...stack] = sample.trim().split('\n')
    if (stack.length === 0) continue
    places.add(HELPERS.test(thread) ? 'helpers' : placeOf(stack[0] ?? ''))
    calls.add(callOf(sample))
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

function callOf(sample: string): string | undefined {
  if (sample.includes(' asm_exc_page_fault ')) return 'page faults'
  return CALL.exec(sample)?.[1]
}

/** `ffffffff81e28690 sock_poll ([kernel.kallsyms])`; compiled code is in no file, perf only hopes for one. */
function placeOf(frame: string): Place {
  if (frame.includes('([kernel')) return 'kernel'
  return /\((?:\/tmp\/perf-\d+\.map|\/\/anon|\[unknown\])\)/.test(frame) ? 'compiled' : 'bun'
}
