import { useRegistry } from './support/client.ts'
import { DATA_SETS } from './support/data-sets.ts'
import { describeDataSet } from './support/data-set-cases.ts'

const registry = useRegistry('sets')

for (const [label, make] of Object.entries(DATA_SETS)) describeDataSet(registry, make(label))
