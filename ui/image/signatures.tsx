import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Failure } from '../kit/failure.tsx'
import { formatDate, shortDigest, visibleName } from '../kit/format.ts'
import { Shown } from '../kit/shown.tsx'
import type { ImageViewProps } from './image.ts'

interface Place {
  readonly repository: string
  readonly reference: string
}

function readSignatures(path: Place) {
  return read('/repositories/{repository}/images/{reference}/signatures', { params: { path } })
}

type Signature = Awaited<ReturnType<ReturnType<typeof readSignatures>['queryFn']>>['items'][number]

/** Whether somebody stands for it. Of an index both can be signed: the index, and each image. */
export function Signatures({ repository, named, image, may }: ImageViewProps) {
  const both = image === undefined || image.digest === named.digest ? [named] : [named, image]
  return both.map((each) => (
    <SignaturesOf
      key={each.digest}
      place={{ repository, reference: each.digest }}
      of={both.length === 1 ? undefined : each.kind === 'index' ? 'the index' : 'the image of this platform'}
      may={may}
    />
  ))
}

interface OfProps {
  readonly place: Place
  readonly of: string | undefined
  readonly may: readonly string[]
}

function SignaturesOf({ place, of, may }: OfProps) {
  const query = useQuery(readSignatures(place))
  const again = useChange({
    work: () =>
      bodyOf(api.POST('/repositories/{repository}/images/{reference}/signatures', { params: { path: place } })),
    said: 'The signatures were looked at again.',
  })
  return (
    <Card
      title={`Signatures${of === undefined ? '' : ` of ${of}`}`}
      actions={
        may.includes('push') && (
          <Button disabled={again.isPending} onClick={() => again.mutate()}>
            Verify again
          </Button>
        )
      }
    >
      {again.error !== null && <Failure error={again.error} />}
      <Shown query={query}>
        {({ trusted, items, problems }) => (
          <>
            <p className="text-sm">
              <Badge mood={trusted ? 'good' : 'plain'}>{trusted ? 'trusted' : 'not trusted'}</Badge>{' '}
              {trusted ? 'Signed by somebody whom the project trusts.' : untrusted(items)}
            </p>
            {problems.length > 0 && <p className="mt-2 text-sm text-warn">{visibleName(problems.join('; '))}</p>}
            <ul className="mt-2">
              {items.map((item) => (
                <li
                  key={`${item.manifest} ${item.predicateType} ${item.signer.name} ${item.signedAt}`}
                  className="border-t border-line py-2.5 text-sm"
                >
                  <SignatureRow {...{ item, repository: place.repository }} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Shown>
    </Card>
  )
}

function untrusted(items: readonly Signature[]): string {
  if (items.length === 0) return 'Nobody has signed it. cosign and notation do, and what they sign is shown here.'
  return 'There are signatures or statements, and none is a signature of somebody whom the project trusts.'
}

function SignatureRow({ item, repository }: { readonly item: Signature; readonly repository: string }) {
  const { format, manifest, predicateType, signer, signedAt, trustedBy, checks } = item
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <Badge mood={trustedBy.length > 0 ? 'good' : 'plain'}>{trustedBy.length > 0 ? 'trusted' : 'not trusted'}</Badge>
        <span className="font-medium break-all">{visibleName(signer.name)}</span>
        <span className="text-soft">
          {predicateType === undefined ? 'signed it' : 'states something about it'}
          {signedAt !== undefined && `, ${formatDate(signedAt)}`}
        </span>
        <Badge>{format}</Badge>
        <Link
          to="/i/$"
          params={{ _splat: repository }}
          search={{ ref: manifest }}
          className="font-mono text-xs underline sm:ml-auto"
        >
          {shortDigest(manifest)}
        </Link>
      </div>
      <p className="mt-1 text-xs break-all text-soft">
        {predicateType !== undefined && <>{visibleName(predicateType)}. </>}
        {signer.issuer !== undefined && <>Identity vouched for by {visibleName(signer.issuer)}. </>}
        {trustedBy.length > 0 && <>Accepted by the anchors {visibleName(trustedBy.join(', '))}.</>}
      </p>
      <details className="mt-1 text-xs text-soft">
        <summary>What was checked</summary>
        <ul className="mt-1 space-y-0.5 break-all">
          {checks.map(({ name, ok, detail }) => (
            <li key={`${name} ${detail}`}>
              <span className={ok ? 'text-good' : 'text-danger'}>{ok ? 'passed' : 'failed'}</span> {visibleName(name)}
              {detail !== '' && `: ${visibleName(detail)}`}
            </li>
          ))}
        </ul>
      </details>
    </>
  )
}
