import { Link, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Badge } from '../kit/badge.tsx'
import { CopyButton } from '../kit/copy.tsx'
import { Empty } from '../kit/empty.tsx'
import { formatBytes, formatDate, shortDigest, visibleName, visibleText } from '../kit/format.ts'
import type { Image, ImageViewProps } from './image.ts'
import { isContainerImage } from './kinds.ts'

type Step = NonNullable<Image['layers']>[number] & { readonly number: number }

/** How it was built, from the lowest layer on. */
export function Layers({ repository, reference, image }: ImageViewProps) {
  const [withEmpty, setWithEmpty] = useState(true)
  const steps = (image?.layers ?? []).map((step, n) => ({ ...step, number: n + 1 }))
  if (image === undefined || steps.length === 0) return <Empty title="It has no layers." />
  const layers = steps.filter(({ empty }) => !empty)
  const bytes = layers.reduce((sum, { size = 0 }) => sum + size, 0)
  const largest = Math.max(...layers.map(({ size = 0 }) => size), 1)
  const emptySteps = steps.length - layers.length
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-x-6 gap-y-2 text-sm text-soft">
        <p>
          {layers.length} {layers.length === 1 ? 'layer' : 'layers'}, {formatBytes(bytes)} as they are pulled
        </p>
        {emptySteps > 0 && (
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={withEmpty}
              onChange={({ target }) => setWithEmpty(target.checked)}
            />
            with {emptySteps} {emptySteps === 1 ? 'step' : 'steps'} that made no layer
          </label>
        )}
      </div>
      <ol aria-label="Layers, the lowest first" className="rounded-lg border border-line bg-card">
        {steps.map((step) => {
          if (step.empty && !withEmpty) return null
          return (
            <li key={step.number} className="border-b border-line px-3 py-2.5 last:border-0">
              <StepRow {...{ step, largest, repository, reference }} isLooked={isContainerImage(image)} />
            </li>
          )
        })}
      </ol>
    </>
  )
}

interface RowProps {
  readonly step: Step
  readonly largest: number
  readonly repository: string
  readonly reference: string
  /** Whether one may look into its layers. */
  readonly isLooked: boolean
}

function StepRow({ step, largest, repository, reference, isLooked }: RowProps) {
  const { platform } = useSearch({ from: '/i/$' })
  const { number, empty, digest, size = 0, mediaType, title, createdBy, created, comment } = step
  return (
    <div className="flex flex-wrap gap-x-3 gap-y-2">
      <span className="w-6 shrink-0 pt-0.5 text-right text-xs text-soft tabular-nums">{number}</span>
      <div className="min-w-0 flex-1 basis-52">
        {title === undefined ? (
          <Command text={createdBy ?? comment} />
        ) : (
          <p className="text-sm break-all">{visibleName(title)}</p>
        )}
        <div className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
          {empty ? (
            <Badge>no layer</Badge>
          ) : (
            <>
              <code className="font-mono" title={digest}>
                {shortDigest(digest ?? '')}
              </code>
              <span className="break-all">{mediaType}</span>
            </>
          )}
          {created !== undefined && <Built at={created} />}
        </div>
      </div>
      {!empty && (
        <div className="flex w-full shrink-0 flex-col items-end gap-1 sm:w-48">
          <span className="text-sm tabular-nums">{formatBytes(size)}</span>
          {/* How much of the largest it is; said in numbers above. */}
          <span aria-hidden="true" className="h-1.5 w-full overflow-hidden rounded-full bg-page">
            <span className="block h-full bg-accent" style={{ width: `${Math.max((size / largest) * 100, 1)}%` }} />
          </span>
          <span className="flex flex-wrap items-center justify-end gap-2">
            {isLooked && (
              <Link
                to="/i/$"
                params={{ _splat: repository }}
                search={{ ref: reference, tab: 'files', path: '/', layer: digest, platform }}
                className="text-xs underline"
                aria-label={`Files of layer ${number}`}
              >
                Files
              </Link>
            )}
            <CopyButton text={digest ?? ''} of={`digest of layer ${number}`} />
          </span>
        </div>
      )}
    </div>
  )
}

const LONG = 300

function Command({ text }: { readonly text: string | undefined }) {
  const [all, setAll] = useState(false)
  if (text === undefined || text === '') return <p className="text-sm text-soft">Nobody says how it was made.</p>
  const plain = withoutShell(text)
  const isLong = plain.length > LONG
  return (
    <>
      <code className="block font-mono text-xs leading-5 [overflow-wrap:anywhere] whitespace-pre-wrap">
        {visibleText(isLong && !all ? `${plain.slice(0, LONG)}…` : plain)}
      </code>
      {isLong && (
        <button type="button" onClick={() => setAll(!all)} className="text-xs text-accent underline">
          {all ? 'Show less' : 'Show all of it'}
        </button>
      )}
    </>
  )
}

/** Docker writes every step as a command of a shell, and what is none as a comment of it. */
function withoutShell(text: string): string {
  const said = text.replace(/^\/bin\/sh -c #\(nop\)\s*/, '').replace(/^(RUN )?\/bin\/sh -c /, 'RUN ')
  return said.replace(/\s*# buildkit$/, '').trim()
}

function Built({ at }: { readonly at: string }) {
  return Number.isNaN(Date.parse(at)) ? null : <span>{formatDate(at)}</span>
}
