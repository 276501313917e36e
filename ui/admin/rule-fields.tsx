import { CheckField, SelectField, TextField } from '../kit/form.tsx'
import { CONFLICTS, type Rule } from './replication-words.ts'

interface PartOfRule {
  readonly before: Rule | undefined
}

export function What({ before }: PartOfRule) {
  return (
    <>
      <TextField
        name="repositories"
        label="Repositories"
        placeholder="all"
        defaultValue={before?.repositories}
        hint="Names where the images come from, with commas between: * any characters but a slash, ** any."
        spellCheck={false}
      />
      <TextField
        name="tags"
        label="Tags"
        placeholder="all"
        defaultValue={before?.tags}
        hint='v*,release-* or regex:v\d+ or semver:>=1.2 <2; "!" before it: all others.'
        spellCheck={false}
      />
    </>
  )
}

export function When({ before, isPush }: PartOfRule & { readonly isPush: boolean }) {
  return (
    <>
      {isPush && <CheckField name="onEvent" label="After each change" defaultChecked={before?.onEvent ?? true} />}
      <TextField
        name="schedule"
        label="Schedule"
        placeholder="none"
        defaultValue={before?.schedule}
        hint="Cron, five fields, UTC: 0 3 * * *"
        spellCheck={false}
      />
    </>
  )
}

export function Names({ before }: PartOfRule) {
  return (
    <details className="mb-3">
      <summary className="mb-2 text-sm">Names there</summary>
      <TextField
        name="stripPrefix"
        label="Take from their beginning"
        defaultValue={before?.stripPrefix}
        spellCheck={false}
      />
      <CheckField
        name="flatten"
        label="Only what stands after the last slash"
        defaultChecked={before?.flatten ?? false}
      />
      <TextField name="addPrefix" label="Put before them" defaultValue={before?.addPrefix} spellCheck={false} />
    </details>
  )
}

export function More({ before }: PartOfRule) {
  return (
    <details className="mb-3">
      <summary className="mb-2 text-sm">More</summary>
      <TextField
        name="labels"
        label="Only images with these labels"
        defaultValue={before?.labels?.join(', ')}
        placeholder="stage=prod"
      />
      <TextField
        name="platforms"
        label="Only these platforms"
        defaultValue={before?.platforms?.join(', ')}
        placeholder="linux/amd64"
      />
      <CheckField name="signedOnly" label="Only what is signed" defaultChecked={before?.signedOnly ?? false} />
      <CheckField
        name="deletes"
        label="Deletions too"
        hint="Tags that go at the source go at the target, if this rule brought them."
        defaultChecked={before?.deletes ?? false}
      />
      <SelectField
        name="conflicts"
        label="When a tag changed on both sides"
        options={CONFLICTS}
        defaultValue={before?.conflicts}
      />
      <TextField name="concurrency" label="Images at a time" type="number" min={1} defaultValue={before?.concurrency} />
      <TextField
        name="bytesPerSecond"
        label="Bytes a second, at most"
        type="number"
        min={1}
        defaultValue={before?.bytesPerSecond}
        placeholder="any number"
      />
      <TextField
        name="peerAccount"
        label="Account of the other registry here"
        defaultValue={before?.peerAccount}
        hint="What it pushes here is not sent back to it."
        spellCheck={false}
      />
    </details>
  )
}
