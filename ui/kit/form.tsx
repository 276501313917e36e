import {
  type FormEvent,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react'
import { Button } from './button.tsx'
import { Failure } from './failure.tsx'

const INPUT = 'w-full min-w-0 rounded-md border border-control bg-page px-2.5 py-1.5 text-sm placeholder:text-soft'

interface Labelled {
  readonly label: string
  /** Below: what is expected, in a sentence. */
  readonly hint?: ReactNode
}

function Around({ id, label, hint, children }: Labelled & { readonly id: string; readonly children: ReactNode }) {
  return (
    <div className="mb-3">
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      {children}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-soft">
          {hint}
        </p>
      )}
    </div>
  )
}

function describedBy(id: string, hint: ReactNode) {
  return hint === undefined ? {} : { 'aria-describedby': `${id}-hint` }
}

export function TextField({ label, hint, ...rest }: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <Around id={id} label={label} hint={hint}>
      <input id={id} className={INPUT} {...describedBy(id, hint)} {...rest} />
    </Around>
  )
}

export function TextArea({ label, hint, ...rest }: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId()
  return (
    <Around id={id} label={label} hint={hint}>
      <textarea id={id} rows={6} className={`${INPUT} font-mono`} {...describedBy(id, hint)} {...rest} />
    </Around>
  )
}

interface SelectProps extends Labelled, SelectHTMLAttributes<HTMLSelectElement> {
  readonly options: readonly (string | readonly [value: string, text: string])[]
}

export function SelectField({ label, hint, options, ...rest }: SelectProps) {
  const id = useId()
  return (
    <Around id={id} label={label} hint={hint}>
      <select id={id} className={INPUT} {...describedBy(id, hint)} {...rest}>
        {options.map((option) => {
          const [value, text] = typeof option === 'string' ? [option, option] : option
          return (
            <option key={value} value={value}>
              {text}
            </option>
          )
        })}
      </select>
    </Around>
  )
}

export function CheckField({ label, hint, ...rest }: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <div className="mb-3 flex gap-2">
      <input id={id} type="checkbox" className="mt-0.5 size-4 accent-accent" {...describedBy(id, hint)} {...rest} />
      <div>
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-xs text-soft">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}

interface FormProps {
  readonly children: ReactNode
  /** On the button: what is done. */
  readonly action: string
  readonly isPending?: boolean
  readonly error?: Error | null
  readonly onCancel?: () => void
  readonly onSubmit: (data: FormData) => void
}

/** Names of the fields are the keys of the data; what went wrong stands above the buttons. */
export function Form({ children, action, isPending = false, error = null, onCancel, onSubmit }: FormProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onSubmit(new FormData(event.currentTarget))
  }
  return (
    <form onSubmit={submit}>
      {children}
      {error !== null && <Failure error={error} />}
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        {onCancel !== undefined && <Button onClick={onCancel}>Cancel</Button>}
        <Button type="submit" tone="main" disabled={isPending}>
          {action}
        </Button>
      </div>
    </form>
  )
}

/** A field's text without blanks around it; undefined where nothing was said. */
export function textOf(data: FormData, name: string): string | undefined {
  const value = data.get(name)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

export function numberOf(data: FormData, name: string): number | undefined {
  const text = textOf(data, name)
  return text === undefined ? undefined : Number(text)
}
