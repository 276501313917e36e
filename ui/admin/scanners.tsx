import { useQuery } from '@tanstack/react-query'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { type ItemOf, read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Failure } from '../kit/failure.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { Ago } from '../kit/time.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'
import { ScannerForm } from './scanner-form.tsx'
import { VulnerabilityData } from './vulnerability-data.tsx'

type Scanner = ItemOf<'/scanners'>

export function Scanners({ canChange }: PartProps) {
  const scanners = useQuery(read('/scanners'))
  return (
    <>
      <PartTitle text="Scanners">
        This registry looks into images itself, with the data below. Others can be asked besides.
      </PartTitle>
      <VulnerabilityData canChange={canChange} />
      <Card
        title="Other scanners"
        actions={
          canChange && (
            <ModalButton text="Add a scanner" title="Add a scanner">
              {(close) => <ScannerForm onClose={close} />}
            </ModalButton>
          )
        }
      >
        <Shown query={scanners}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="text-sm text-soft">
                None. Scanners with Harbor's adapter API (Trivy, Grype and others have adapters) are added here;
                programs on the server by "berth scanner add".
              </p>
            ) : (
              <ul aria-label="Scanners">
                {items.map((scanner) => (
                  <ScannerRow key={scanner.name} {...{ scanner, canChange }} />
                ))}
              </ul>
            )
          }
        </Shown>
      </Card>
    </>
  )
}

function ScannerRow({ scanner, canChange }: { readonly scanner: Scanner; readonly canChange: boolean }) {
  const { name, kind, at, authentication, enabled, createdBy, createdAt } = scanner
  return (
    <li className="border-t border-line py-3 first:border-0 first:pt-0 last:pb-0">
      <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="font-medium break-all">{name}</span>
        <Badge>{kind}</Badge>
        <Badge mood={enabled ? 'good' : 'plain'}>{enabled ? 'asked' : 'not asked'}</Badge>
        <span className="text-sm break-all text-soft">{at}</span>
      </p>
      <p className="mt-1 text-sm text-soft">
        Authentication: {authentication} · added by {createdBy} <Ago at={createdAt} />
      </p>
      {canChange && <ScannerActions {...{ name, enabled }} />}
    </li>
  )
}

function ScannerActions({ name, enabled }: Pick<Scanner, 'name' | 'enabled'>) {
  const params = { path: { scanner: name } }
  const test = useChange({ work: () => bodyOf(api.POST('/scanners/{scanner}/test', { params })) })
  const toggle = useChange({
    work: () => bodyOf(api.PATCH('/scanners/{scanner}', { params, body: { enabled: !enabled } })),
    said: enabled ? `${name} is not asked any more.` : `${name} is asked from now on.`,
  })
  const error = test.error ?? toggle.error
  return (
    <>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button aria-label={`Test ${name}`} disabled={test.isPending} onClick={() => test.mutate()}>
          Test
        </Button>
        <Button
          aria-label={enabled ? `Disable ${name}` : `Enable ${name}`}
          disabled={toggle.isPending}
          onClick={() => toggle.mutate()}
        >
          {enabled ? 'Disable' : 'Enable'}
        </Button>
        <AskButton
          text="Remove"
          label={`Remove ${name}`}
          title={`Forget the scanner ${name}?`}
          action="Forget it"
          said={`${name} is forgotten.`}
          work={() => bodyOf(api.DELETE('/scanners/{scanner}', { params }))}
        >
          What it found is forgotten too, and no longer counts in policies.
        </AskButton>
      </div>
      {error !== null && <Failure error={error} />}
      <p role="status" className="text-sm">
        {test.isPending && <span className="mt-2 block text-soft">Asking…</span>}
        {!test.isPending && test.data !== undefined && (
          <span className={`mt-2 block break-words ${test.data.usable ? 'text-good' : 'text-danger'}`}>
            {test.data.usable
              ? `It answers: ${[test.data.vendor, test.data.name, test.data.version].filter(Boolean).join(' ')}.`
              : (test.data.problem ?? 'It cannot be used.')}
            {test.data.dataUpdatedAt !== undefined && (
              <>
                {' '}
                Its data is of <Ago at={test.data.dataUpdatedAt} />.
              </>
            )}
          </span>
        )}
      </p>
    </>
  )
}
