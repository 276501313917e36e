import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { ApiError } from '../../api/client.ts'
import { Button, DownloadLink } from '../../kit/button.tsx'
import { Card } from '../../kit/card.tsx'
import { formatBytes, visibleName, visibleText } from '../../kit/format.ts'
import { Shown } from '../../kit/shown.tsx'
import { fileAddress, type Head, type Inside, readHead } from './read-files.ts'
import { hexOf, lineNumbers, textIn } from './text.ts'

const FIRST_BYTES = 64 * 1024
const MOST_BYTES = 1024 * 1024
const HEX_BYTES = 1024

interface FileViewProps {
  readonly inside: Inside
  readonly path: string
  /** A link may lead to a folder. */
  readonly onFolder: () => void
}

/** The beginning of a file: as text with its lines numbered, or as bytes. */
export function FileView({ inside, path, onFolder }: FileViewProps) {
  const [wanted, setWanted] = useState(FIRST_BYTES)
  const file = useQuery({
    queryKey: ['file', inside, path, wanted],
    queryFn: ({ signal }) => readHead(inside, path, wanted, signal),
    placeholderData: keepPreviousData,
    // A digest's files never change.
    staleTime: 'static',
  })
  const isNone = file.error instanceof ApiError && file.error.status === 404
  useEffect(() => {
    if (isNone) onFolder()
  }, [isNone, onFolder])
  if (isNone) return null
  return (
    <Shown query={file}>
      {(head) => (
        <Card
          title={<span className="break-all">{visibleName(path.slice(path.lastIndexOf('/') + 1))}</span>}
          actions={
            <>
              <span className="text-sm text-soft">{formatBytes(head.totalBytes)}</span>
              <DownloadLink href={fileAddress(inside, path)} download>
                Download
              </DownloadLink>
            </>
          }
        >
          <Content {...{ head, path, wanted }} isPending={file.isPlaceholderData} onMore={setWanted} />
        </Card>
      )}
    </Shown>
  )
}

const SCROLLS = 'max-h-[70dvh] overflow-auto rounded-md bg-page font-mono text-xs leading-5'

function Content({ path, ...more }: MoreProps & { readonly path: string }) {
  const { bytes, totalBytes } = more.head
  if (totalBytes === 0) return <p className="text-sm text-soft">The file is empty.</p>
  const text = textIn(bytes, bytes.length < totalBytes)
  if (text === undefined)
    return (
      <>
        <p className="mb-2 text-sm text-soft">
          This is no text. Its first {Math.min(bytes.length, HEX_BYTES).toLocaleString()} bytes:
        </p>
        <section aria-label={`Bytes of ${visibleName(path)}`} tabIndex={0} className={`${SCROLLS} p-3`}>
          <pre>{hexOf(bytes.subarray(0, HEX_BYTES))}</pre>
        </section>
      </>
    )
  return (
    <>
      <section aria-label={`Text of ${visibleName(path)}`} tabIndex={0} className={SCROLLS}>
        <div className="flex w-max min-w-full">
          <pre
            aria-hidden="true"
            className="sticky left-0 border-r border-line bg-page py-2 pr-2 pl-3 text-right text-soft select-none"
          >
            {lineNumbers(text)}
          </pre>
          {/* A letter that turns the direction around would show other text than there is. */}
          <pre dir="ltr" className="px-3 py-2">
            {visibleText(text)}
          </pre>
        </div>
      </section>
      {bytes.length < totalBytes && <More {...more} />}
    </>
  )
}

interface MoreProps {
  readonly head: Head
  readonly wanted: number
  readonly isPending: boolean
  readonly onMore: (bytes: number) => void
}

function More({ head, wanted, isPending, onMore }: MoreProps) {
  return (
    <p className="mt-3 flex flex-wrap items-center gap-3 text-sm text-soft">
      <span role="status">
        The first {formatBytes(head.bytes.length)} of {formatBytes(head.totalBytes)}.
      </span>
      {wanted < MOST_BYTES ? (
        <Button disabled={isPending} onClick={() => onMore(wanted * 4)}>
          {isPending ? 'Reading…' : 'Show more'}
        </Button>
      ) : (
        <span>Download it to see the rest.</span>
      )}
    </p>
  )
}
