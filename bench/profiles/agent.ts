// Loaded into Berth before its own code: profiles its JavaScript, and at each SIGUSR2 writes down what it saw since the last.
import { renameSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'

const MICROSECONDS = 1000

const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.setSamplingInterval', { interval: MICROSECONDS })
session.post('Profiler.start')

let turn = 0
process.on('SIGUSR2', () => {
  const file = `${process.env.BERTH_BENCH_SEEN}/${process.pid}-${turn++}.cpuprofile`
  session.post('Profiler.stop', (error, { profile }) => {
    if (error !== null) throw error
    writeFileSync(`${file}.part`, JSON.stringify(profile))
    renameSync(`${file}.part`, file)
  })
  session.post('Profiler.start')
})
