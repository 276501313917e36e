import { SelectField, TextField } from '../../kit/form.tsx'
import type { RuleFields } from './rule-words.ts'

const AGE = '\\d{1,6}[smhdw]'

interface RetentionFieldsProps {
  readonly fields: RuleFields
  readonly onFields: (fields: RuleFields) => void
}

export function RetentionFields({ fields, onFields }: RetentionFieldsProps) {
  const field = (name: Exclude<keyof RuleFields, 'about'>) => ({
    value: fields[name],
    onChange: ({ target }: { readonly target: { readonly value: string } }) =>
      onFields({ ...fields, [name]: target.value }),
    spellCheck: false,
    autoComplete: 'off',
  })
  return (
    <>
      <SelectField
        label="What goes"
        value={fields.about}
        onChange={({ target }) => onFields({ ...fields, about: target.value === 'tags' ? 'tags' : 'untagged' })}
        options={[
          ['tags', 'tags'],
          ['untagged', 'manifests that no tag names any more'],
        ]}
      />
      <TextField
        label="In repositories"
        hint='Names below the project: "app", "app-*". Empty: all.'
        {...field('repositories')}
      />
      {fields.about === 'tags' ? (
        <>
          <TextField
            label="Tags"
            hint='"*" all, "pr-*,build-*", "regex:v\d+", "semver:<2.0"; "!" before it: all others.'
            required
            {...field('tags')}
          />
          <fieldset>
            <legend className="mb-2 text-sm font-medium">Of those stay</legend>
            <div className="grid gap-x-3 sm:grid-cols-2">
              <TextField label="So many pushed last" type="number" min={1} {...field('lastPushed')} />
              <TextField label="Pushed within" placeholder="30d" pattern={AGE} {...field('pushedWithin')} />
              <TextField label="So many pulled last" type="number" min={1} {...field('lastPulled')} />
              <TextField label="Pulled within" placeholder="12w" pattern={AGE} {...field('pulledWithin')} />
            </div>
            <p className="text-xs text-soft">Any one of these keeps a tag, and so does any other rule.</p>
          </fieldset>
        </>
      ) : (
        <TextField
          label="After"
          hint='"7d", "12h", or "never".'
          pattern={`${AGE}|never`}
          required
          {...field('untagged')}
        />
      )}
    </>
  )
}
