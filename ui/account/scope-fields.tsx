import { useState } from 'react'
import { Button } from '../kit/button.tsx'
import { SelectField, TextField } from '../kit/form.tsx'

const ROLES = [
  ['reader', 'pull'],
  ['writer', 'pull and push'],
  ['maintainer', 'pull, push and delete'],
  ['owner', 'everything'],
] as const

const MAX_SCOPES = 20

/** Which repositories, and what may be done there; as many lines as one wants. */
export function ScopeFields() {
  const [lines, setLines] = useState<readonly number[]>([0])
  return (
    <fieldset className="mb-3">
      <legend className="sr-only">Repositories</legend>
      {lines.map((line, index) => (
        <div key={line} className="flex flex-wrap items-start gap-x-3">
          <div className="flex-1 basis-48">
            <TextField
              name="pattern"
              label="Repositories"
              placeholder="team/*"
              required
              maxLength={255}
              autoCapitalize="none"
              spellCheck={false}
            />
          </div>
          <div className="flex-1 basis-40">
            <SelectField name="allows" label="May" options={ROLES} />
          </div>
          {lines.length > 1 && (
            <Button
              className="mt-6"
              aria-label={`Remove line ${index + 1}`}
              onClick={() => setLines(lines.filter((each) => each !== line))}
            >
              Remove
            </Button>
          )}
        </div>
      ))}
      <p className="mb-2 text-xs text-soft">Whole names; * any characters but a slash, ** any.</p>
      <Button disabled={lines.length >= MAX_SCOPES} onClick={() => setLines([...lines, (lines.at(-1) ?? 0) + 1])}>
        Add a line
      </Button>
    </fieldset>
  )
}

export function scopesOf(form: FormData): { pattern: string; allows: string }[] {
  const allows = form.getAll('allows').map(String)
  return form.getAll('pattern').map((pattern, index) => ({
    pattern: String(pattern).trim(),
    allows: allows[index] ?? 'reader',
  }))
}
