import { useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { read } from '../api/read.ts'
import { Empty } from '../kit/empty.tsx'
import { Failure } from '../kit/failure.tsx'
import { Loading, Shown } from '../kit/shown.tsx'
import { Tabs } from '../kit/tabs.tsx'
import { Title } from '../kit/title.tsx'
import { Files } from './files/files.tsx'
import { Findings } from './findings.tsx'
import { choosePlatform, type Image, type ImageViewProps, readImage } from './image.ts'
import { ImageHead, nameOf, Trail } from './image-head.tsx'
import { isContainerImage } from './kinds.ts'
import { Layers } from './layers.tsx'
import { Overview } from './overview.tsx'
import { Packages } from './packages.tsx'
import { Referrers } from './referrers.tsx'
import { Signatures } from './signatures.tsx'

interface Part {
  /** In the address. */
  readonly tab: string
  readonly label: string
  /** For what has a file system that somebody could look into. */
  readonly ofImages?: true
  readonly View: ComponentType<ImageViewProps>
}

const PARTS: readonly Part[] = [
  { tab: '', label: 'Overview', View: Overview },
  { tab: 'layers', label: 'Layers', View: Layers },
  { tab: 'files', label: 'Files', ofImages: true, View: Files },
  { tab: 'packages', label: 'Packages', ofImages: true, View: Packages },
  { tab: 'findings', label: 'Findings', ofImages: true, View: Findings },
  { tab: 'signatures', label: 'Signatures', View: Signatures },
  { tab: 'referrers', label: 'Referrers', View: Referrers },
]

export function ImagePage() {
  const { _splat: repository = '' } = useParams({ from: '/i/$' })
  const { ref: reference = 'latest' } = useSearch({ from: '/i/$' })
  const place = useQuery(read('/repositories/{repository}', { params: { path: { repository } } }))
  const named = useQuery(readImage(repository, reference))
  if (named.data === undefined && named.error !== null)
    return (
      <>
        <Title text={nameOf(repository, reference)} trail={<Trail project={undefined} repository={repository} />} />
        <Failure error={named.error} />
      </>
    )
  return (
    <Shown query={named}>
      {(image) => (
        <NamedImage
          key={`${repository} ${reference}`}
          {...{ repository, reference, named: image, may: place.data?.may ?? [] }}
          project={place.data?.project}
        />
      )}
    </Shown>
  )
}

type NamedProps = Omit<ImageViewProps, 'image'> & { readonly project: string | undefined }

function NamedImage(props: NamedProps) {
  const { repository, named } = props
  const { platform } = useSearch({ from: '/i/$' })
  const chosen = named.kind === 'index' ? choosePlatform(named, platform) : undefined
  const child = useQuery({ ...readImage(repository, chosen?.digest ?? ''), enabled: chosen !== undefined })
  const image = named.kind === 'index' ? child.data : named
  return (
    <>
      <ImageHead {...props} image={image} chosen={chosen} />
      {child.isLoading && <Loading />}
      {child.error !== null && <Failure error={child.error} />}
      {!child.isLoading && <PartOf {...props} image={image} />}
    </>
  )
}

function PartOf(props: ImageViewProps) {
  const { repository, reference, named, image } = props
  const { tab = '', platform } = useSearch({ from: '/i/$' })
  const parts = PARTS.filter(({ ofImages }) => !ofImages || isRun(image))
  const View = parts.find((part) => part.tab === tab)?.View
  return (
    <>
      <Tabs
        label="Parts of the image"
        tabs={parts.map((part) => ({
          label: part.tab === 'layers' && !isRun(image ?? named) ? 'Content' : part.label,
          to: { to: '/i/$', params: { _splat: repository }, search: { ref: reference, tab: part.tab, platform } },
          isCurrent: part.tab === tab,
        }))}
      />
      {View === undefined ? <Empty title="This has no such part." /> : <View key={image?.digest} {...props} />}
    </>
  )
}

function isRun(image: Image | undefined): boolean {
  return image !== undefined && image.kind === 'image' && isContainerImage(image)
}
