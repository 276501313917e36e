import { useQuery } from '@tanstack/react-query'
import { read } from '../../api/read.ts'
import { CheckField, SelectField, TextArea, TextField } from '../../kit/form.tsx'
import { Shown } from '../../kit/shown.tsx'
import { type Check, SEVERITIES } from './policy-words.ts'

export const CHECK_KINDS: readonly (readonly [Check['kind'], string])[] = [
  ['vulnerabilities', 'vulnerabilities'],
  ['signatures', 'who signed it'],
  ['attestations', 'what is attested of it'],
  ['labels', 'its labels'],
  ['base', 'what it is built upon'],
  ['age', 'its age'],
]

interface CheckFieldsProps {
  readonly project: string
  readonly kind: Check['kind']
}

/** What there is to say for each kind of rule. */
export function CheckFields({ project, kind }: CheckFieldsProps) {
  switch (kind) {
    case 'vulnerabilities':
      return <VulnerabilityFields />
    case 'signatures':
      return <Anchors project={project} />
    case 'attestations':
      return (
        <>
          <TextField
            name="predicateType"
            label="What is attested"
            defaultValue="https://slsa.dev/provenance/v1"
            required
            spellCheck={false}
          />
          <Anchors project={project} />
        </>
      )
    case 'labels':
      return (
        <TextArea
          name="labels"
          label="Labels"
          hint="One in a line: name=pattern. Without a pattern: any value."
          rows={3}
          required
          spellCheck={false}
        />
      )
    case 'base':
      return <BaseFields />
    case 'age':
      return (
        <TextField name="maxDays" label="Days since it was made, at most" type="number" min={1} max={3650} required />
      )
  }
}

function VulnerabilityFields() {
  return (
    <>
      <SelectField
        name="severity"
        label="Findings that count"
        defaultValue="critical"
        options={SEVERITIES.toReversed().map((each) => [each, each === 'critical' ? each : `${each} or worse`])}
      />
      <CheckField name="fixAvailable" label="Only those for which there is a fixed version" defaultChecked />
      <TextField
        name="graceDays"
        label="Days of grace"
        hint="A finding counts so many days after it was first found here; until then there is a warning."
        type="number"
        min={0}
        max={3650}
        defaultValue={0}
      />
      <SelectField
        name="unscanned"
        label="Images about which nothing can be said"
        defaultValue="warn"
        options={[
          ['allow', 'are handed out'],
          ['warn', 'are handed out with a warning'],
          ['refuse', 'are refused'],
        ]}
      />
      <SelectField
        name="unrated"
        label="Findings that nobody has rated"
        defaultValue="warn"
        options={[
          ['count', 'count as much as the others'],
          ['warn', 'are a warning'],
          ['ignore', 'do not count'],
        ]}
      />
    </>
  )
}

function BaseFields() {
  return (
    <>
      <TextArea
        name="allow"
        label="Names or digests of bases"
        hint="One in a line, as images say it themselves: docker.io/library/debian:*."
        rows={2}
        spellCheck={false}
      />
      <TextArea
        name="layersOf"
        label="Repositories of this project whose layers it begins with"
        hint="One in a line. This is proved by the layers, the other is not."
        rows={2}
        spellCheck={false}
      />
    </>
  )
}

function Anchors({ project }: { readonly project: string }) {
  const anchors = useQuery(read('/projects/{project}/trust', { params: { path: { project } } }))
  return (
    <Shown query={anchors}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="mb-3 text-sm text-warn">
            The project trusts nobody yet: add a trust anchor first, below the policies.
          </p>
        ) : (
          <>
            <fieldset className="mb-2">
              <legend className="mb-1 text-sm font-medium">Trust anchors</legend>
              {items.map(({ name, summary }) => (
                <CheckField key={name} name="anchor" value={name} label={name} hint={summary} />
              ))}
            </fieldset>
            <SelectField
              name="require"
              label="Of these"
              options={[
                ['any', 'one is enough'],
                ['all', 'each is needed'],
              ]}
            />
          </>
        )
      }
    </Shown>
  )
}
