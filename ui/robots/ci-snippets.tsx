import { useState } from 'react'
import { SelectField } from '../kit/form.tsx'
import { CopyBlock } from '../kit/copy.tsx'
import { type SnippetKind, snippetsFor } from './snippets.ts'

const KINDS: readonly (readonly [SnippetKind, string])[] = [
  ['docker', 'docker login'],
  ['github', 'GitHub Actions'],
  ['gitlab', 'GitLab CI'],
  ['jenkins', 'Jenkins'],
  ['kubernetes', 'Kubernetes'],
]
/** Those that can prove where they run. */
const VOUCHED: readonly SnippetKind[] = ['github', 'gitlab']

interface CiSnippetsProps {
  /** Full name of the robot. */
  readonly robot: string
  /** What is pushed in the examples. */
  readonly repository: string
  readonly hasSecret: boolean
}

/** Ready to be copied into a pipeline. No secret stands in them: files are shared. */
export function CiSnippets({ robot, repository, hasSecret }: CiSnippetsProps) {
  const kinds = KINDS.filter(([each]) => hasSecret || VOUCHED.includes(each))
  const [kind, setKind] = useState<SnippetKind>(hasSecret ? 'docker' : 'github')
  const place = { host: location.host, origin: location.origin, robot, repository }
  return (
    <section>
      <h3 className="mb-2 text-sm font-semibold">How to use it</h3>
      <SelectField
        label="In"
        value={kind}
        onChange={({ target }) => setKind(target.value as SnippetKind)}
        options={kinds}
      />
      {snippetsFor(kind, place, hasSecret).map(({ label, text }) => (
        <CopyBlock key={label} label={label} text={text} />
      ))}
    </section>
  )
}
