import { expect, test } from 'bun:test'
import { buildSteps, parseImageSettings } from './image-settings.ts'

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const layer = (name: string) => ({ mediaType: 'a/b', digest: `sha256:${name}`, size: 1 })

test('what is not as it should be is left out, and the rest stays', () => {
  const config = { Env: 'no list', Cmd: ['a', 'b'], Labels: { good: 'yes', bad: 7 }, ExposedPorts: { '80/tcp': {} } }
  const settings = parseImageSettings(bytesOf({ os: 7, architecture: 'amd64', config, history: null }))
  expect(settings).toMatchObject({ architecture: 'amd64', history: null })
  expect(settings?.os).toBeUndefined()
  expect(settings?.config).toMatchObject({
    Env: [],
    Cmd: ['a', 'b'],
    Labels: { good: 'yes' },
    ExposedPorts: ['80/tcp'],
  })
  for (const none of [bytesOf('text'), bytesOf(null), new Uint8Array([1, 2])])
    expect(parseImageSettings(none)).toBeUndefined()
})

test('layers are joined with the steps that made them, unless their numbers differ', () => {
  const steps = [{ created_by: 'ADD' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'RUN' }].map(
    (each) => ({
      ...{ created: undefined, comment: undefined, empty_layer: undefined },
      ...each,
    }),
  )
  const joined = buildSteps([layer('a'), layer('b')], steps)
  expect(joined.map((each) => [each.step?.created_by, each.layer?.digest])).toEqual([
    ['ADD', 'sha256:a'],
    ['ENV', undefined],
    ['RUN', 'sha256:b'],
  ])
  expect(buildSteps([layer('a')], steps)).toEqual([{ layer: layer('a'), step: undefined }])
})
