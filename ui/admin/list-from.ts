import { textOf } from '../kit/form.tsx'

/** Words of a field, with commas or blanks between them. */
export function listFrom(data: FormData, name: string): string[] {
  return (textOf(data, name) ?? '').split(/[\s,]+/).filter((each) => each !== '')
}
