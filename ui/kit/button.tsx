import { Link, type LinkProps } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode } from 'react'

export type Tone = 'plain' | 'main' | 'danger'

const SHAPE =
  'inline-flex min-h-8 items-center justify-center gap-1.5 rounded-md border px-3 py-1 text-sm font-medium whitespace-nowrap disabled:cursor-not-allowed disabled:opacity-60'
const TONES: Readonly<Record<Tone, string>> = {
  plain: 'border-line bg-card text-ink hover:border-soft',
  main: 'border-accent bg-accent text-onaccent hover:opacity-90',
  danger: 'border-danger bg-card text-danger hover:bg-danger hover:text-card',
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly tone?: Tone
}

export function Button({ tone = 'plain', type = 'button', className = '', ...rest }: ButtonProps) {
  return <button type={type} className={`${SHAPE} ${TONES[tone]} ${className}`} {...rest} />
}

/** A way to another page that looks like a button. */
export function ButtonLink({
  tone = 'plain',
  className = '',
  ...rest
}: LinkProps & { readonly tone?: Tone; readonly className?: string; readonly children?: ReactNode }) {
  return <Link className={`${SHAPE} ${TONES[tone]} no-underline! ${className}`} {...rest} />
}

/** Something of the server's that a browser saves. */
export function DownloadLink({ className = '', ...rest }: AnchorHTMLAttributes<HTMLAnchorElement>) {
  return <a className={`${SHAPE} ${TONES.plain} no-underline! ${className}`} {...rest} />
}
