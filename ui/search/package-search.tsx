import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { readPages } from '../api/read.ts'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Empty } from '../kit/empty.tsx'
import { SelectField, TextField, textOf } from '../kit/form.tsx'
import { shortDigest } from '../kit/format.ts'
import { List } from '../kit/list.tsx'

const TYPES = ['deb', 'apk', 'rpm', 'npm', 'pypi', 'golang', 'cargo', 'maven', 'gem', 'nuget', 'composer'] as const

interface PackageQuery {
  readonly name: string
  readonly type?: (typeof TYPES)[number]
  readonly below?: string
}

/** Which images have a package before some version: those that have to be built again. */
export function PackageSearch({ q }: { readonly q: string }) {
  const [query, setQuery] = useState<PackageQuery>()
  return (
    <Card title="Before a version">
      <form
        className="grid items-start gap-x-3 sm:grid-cols-[repeat(3,minmax(0,1fr))_auto]"
        onSubmit={(event) => {
          event.preventDefault()
          setQuery(queryFrom(new FormData(event.currentTarget)))
        }}
      >
        <TextField
          name="name"
          label="Package"
          hint="Its exact name."
          defaultValue={q}
          required
          autoCapitalize="none"
          spellCheck={false}
        />
        <SelectField name="type" label="Kind" options={[['', 'any'], ...TYPES]} />
        <TextField
          name="below"
          label="Only before the version"
          placeholder="any"
          hint="In the order of its kind."
          spellCheck={false}
        />
        <Button type="submit" className="sm:mt-6">
          Which images have it?
        </Button>
      </form>
      {query !== undefined && <Images query={query} />}
    </Card>
  )
}

function queryFrom(data: FormData): PackageQuery {
  const type = TYPES.find((each) => each === data.get('type'))
  const below = textOf(data, 'below')
  return {
    name: textOf(data, 'name') ?? '',
    ...(type !== undefined && { type }),
    ...(below !== undefined && { below }),
  }
}

function Images({ query }: { readonly query: PackageQuery }) {
  return (
    <List
      key={JSON.stringify(query)}
      label="Images that have it"
      pages={readPages('/packages', { params: { query } })}
      keyOf={({ repository, digest, purl }) => `${repository} ${digest} ${purl}`}
      empty={<Empty title="No image that you may pull has it.">Images are looked into after they are pushed.</Empty>}
      row={({ repository, digest, tags, name, version }) => (
        <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
          <Link
            to="/i/$"
            params={{ _splat: repository }}
            search={{ ref: tags[0] ?? digest, tab: 'packages' }}
            className="font-medium break-all"
          >
            {tags[0] === undefined ? `${repository}@${shortDigest(digest)}` : `${repository}:${tags[0]}`}
          </Link>
          {tags.length > 1 && (
            <span className="text-sm text-soft">and {(tags.length - 1).toLocaleString()} more tags</span>
          )}
          <span className="text-sm break-all text-soft sm:ml-auto">
            {name} {version}
          </span>
        </div>
      )}
    />
  )
}
