import { SaidText } from '../image/said-text.tsx'
import { Card } from '../kit/card.tsx'
import { formatBytes, shortDigest, visibleName } from '../kit/format.ts'
import { ChangeBadge } from './change-badge.tsx'
import type { CompareViewProps, Comparison } from './compared.ts'

type Setting = Comparison['configuration'][number]

/** What the configurations say, and which layers both have. */
export function Differences({ found: { configuration, layers } }: CompareViewProps) {
  const isVariable = ({ name }: Setting) => name.startsWith('env ')
  return (
    <div className="grid items-start gap-x-4 lg:grid-cols-2">
      <div className="min-w-0">
        <Settings title="Environment" settings={configuration.filter(isVariable)} prefix="env " />
        <Settings title="Configuration" settings={configuration.filter((each) => !isVariable(each))} prefix="" />
      </div>
      <Card title="Layers" className="min-w-0">
        <p className="mb-2 text-sm text-soft">
          {layers.common.count} in both ({formatBytes(layers.common.bytes)}), {layers.added.count} added (
          {formatBytes(layers.added.bytes)}), {layers.removed.count} removed ({formatBytes(layers.removed.bytes)})
        </p>
        <ul aria-label="Layers of both">
          {layers.items.map(({ digest, sizeBytes, mediaType, change }) => (
            <li
              key={digest}
              className="flex flex-wrap items-baseline gap-x-3 border-t border-line py-1.5 text-sm first:border-0"
            >
              <ChangeBadge change={change} />
              <code className="font-mono text-xs" title={`${digest}, ${mediaType}`}>
                {shortDigest(digest)}
              </code>
              <span className="ml-auto tabular-nums">{formatBytes(sizeBytes)}</span>
            </li>
          ))}
        </ul>
      </Card>
    </div>
  )
}

interface SettingsProps {
  readonly title: string
  readonly settings: readonly Setting[]
  /** Of their names, which the title says already. */
  readonly prefix: string
}

function Settings({ title, settings, prefix }: SettingsProps) {
  return (
    <Card title={title}>
      {settings.length === 0 && <p className="text-sm text-soft">Nothing differs.</p>}
      <dl>
        {settings.map(({ name, before, after }) => (
          <div key={name} className="border-t border-line py-2 text-sm first:border-0">
            <dt className="font-medium break-all">{visibleName(name.slice(prefix.length))}</dt>
            {before !== undefined && <Said sign="−" label="before" text={before} look="text-danger" />}
            {after !== undefined && <Said sign="+" label="after" text={after} look="text-good" />}
          </div>
        ))}
      </dl>
    </Card>
  )
}

interface SaidProps {
  readonly sign: string
  readonly label: string
  readonly text: string
  readonly look: string
}

function Said({ sign, label, text, look }: SaidProps) {
  return (
    <dd className={`flex gap-2 font-mono text-xs leading-5 ${look}`}>
      <span aria-hidden="true">{sign}</span>
      <span className="sr-only">{label}:</span>
      <span className="min-w-0 [overflow-wrap:anywhere] whitespace-pre-wrap">
        {text === '' ? '(empty)' : <SaidText text={text} />}
      </span>
    </dd>
  )
}
