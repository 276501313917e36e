import { createRecorder } from '../../src/audit/recorder.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openDatabase } from '../../src/metadata/open.ts'

/** A process that writes rows into the audit of a folder one after the other and seals them: FOLDER NAME COUNT DATABASE. */
const [data = '', name = '', count = '0', address = ''] = process.argv.slice(2)
const nothing = () => undefined
const log = { enabled: () => false, debug: nothing, info: nothing, warn: nothing, error: nothing }
const database = await openDatabase(
  { data, database: address === '' ? undefined : address },
  { clock: systemClock, onBroken: nothing },
)
const recorder = createRecorder({ database, clock: systemClock, log, strict: true })
const actor = { id: `user:${name}`, name, address: '' }
for (let index = 0; index < Number(count); index++) {
  const target = `${name}${index}`
  await database.writeQuietly((tx) =>
    recorder.record(tx, { actor, action: 'manifest.pushed', target, outcome: 'done' }),
  )
  if (index % 3 === 0) await recorder.seal()
}
await database.close()
