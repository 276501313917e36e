import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { apiRoutes } from '../../src/api-routes.ts'
import { API_COMMANDS } from '../../src/cli/api/table.ts'
import { createProgram } from '../../src/cli/program.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

/** Operations that no command is, and why. `berth api` reaches them all the same. */
const WITHOUT_COMMAND: Readonly<Record<string, string>> = {
  followEvents: '"berth events --follow" asks listEvents again and again: that goes through every proxy',
}

describe('every operation of the admin API', () => {
  test('is a command, or a reason stands here', async () => {
    const commands = new Set<string>(API_COMMANDS.flatMap(({ operations }) => operations))
    const operations = (await apiRoutes()).map(({ id }) => id)
    expect(operations.filter((id) => !commands.has(id) && !Object.hasOwn(WITHOUT_COMMAND, id))).toEqual([])
    expect(Object.keys(WITHOUT_COMMAND).filter((id) => !operations.includes(id) || commands.has(id))).toEqual([])
  })

  test('is one command once, and each command stands in the tree', async () => {
    const names = API_COMMANDS.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    const program = await createProgram()
    const missing = names.filter((name) => {
      let at = program.commands
      for (const word of name.split(' ')) {
        const found = at.find((each) => each.name() === word)
        if (found === undefined) return true
        at = [...found.commands]
      }
      return false
    })
    expect(missing).toEqual([])
  })
})
