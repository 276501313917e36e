import { expect, test } from 'bun:test'
import { pathToFileURL } from 'node:url'
import { callsOf } from './instruments.ts'
import { sumScript } from './script.ts'
import { sumStacks } from './stacks.ts'

test('a sample of perf counts where it was, and in its system call', () => {
  const text = `bun
\tffffffff8 sock_poll ([kernel.kallsyms])
\tffffffff9 __x64_sys_sendto ([kernel.kallsyms])
\tffffffffa do_syscall_64 ([kernel.kallsyms])
\t110 [unknown] (/bin/bun)

bun
\t210 [unknown] (/tmp/perf-1.map)
\t110 [unknown] (/bin/bun)

bun
\tffffffff8 asm_exc_page_fault ([kernel.kallsyms])
\t99999 [unknown] (/bin/bun)

bun
\tffffffff8 vfs_writev ([kernel.kallsyms])
\tffffffff9 do_pwritev ([kernel.kallsyms])
\tffffffffa do_syscall_64 ([kernel.kallsyms])

JITWorker
\t99999 [unknown] (/bin/bun)
`
  expect(sumStacks(text)).toEqual({
    samples: 5,
    places: { kernel: 0.6, bun: 0, compiled: 0.2, helpers: 0.2 },
    calls: ['sendto', 'page faults', 'pwritev'].map((name) => ({ name, share: 0.2 })),
  })
})

test('time of JavaScript is of who had it, and what is not ours names who of us wanted it', () => {
  const node = (id: number, functionName: string, url: string, children: readonly number[] = []) => {
    return { id, callFrame: { functionName, url: url === '' ? '' : pathToFileURL(url).href }, children }
  }
  const nodes = [
    node(1, '(root)', '', [2]),
    node(2, 'pull', 'src/a.ts', [3, 4]),
    node(3, 'Response', ''),
    node(4, 'visit', 'node_modules/kysely/dist/x.js', [5]),
    node(5, 'gc', ''),
  ]
  expect(sumScript({ nodes, samples: [1, 2, 3, 4, 5, 3] })).toEqual({
    samples: 5,
    owners: { ours: 0.2, libraries: 0.2, builtins: 0.4, collector: 0.2 },
    functions: [
      { name: 'Response < pull (a.ts)', share: 0.4 },
      { name: 'pull (a.ts)', share: 0.2 },
      { name: 'visit (kysely) < pull (a.ts)', share: 0.2 },
      { name: 'gc < pull (a.ts)', share: 0.2 },
    ],
  })
})

test('system calls are told by operation, with and without errors', () => {
  const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ------------------
 89.75    1.698641         866       200        12 futex
  2.35    0.044499         106       400           sendto
------ ----------- ----------- --------- --------- ------------------
100.00    1.892711         180       600        12 total`
  const most = [
    { name: 'sendto', count: 4 },
    { name: 'futex', count: 2 },
  ]
  expect(callsOf(table, 100)).toEqual({ count: 6, most })
})
