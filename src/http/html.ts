/** Text that is HTML already. Only `html` makes it. */
export class Html {
  readonly text: string

  private constructor(text: string) {
    this.text = text
  }

  /** @internal */
  static of(text: string): Html {
    return new Html(text)
  }
}

type Part = Html | string | number | undefined | readonly Html[]

/**
 * A template whose values are escaped, whatever they are, unless they are HTML made by this function. Values stand in
 * text or in attributes with double quotes, never in a tag's name, a script or a style.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return Html.of(strings.reduce((text, string, index) => `${text}${render(parts[index - 1])}${string}`))
}

function render(part: Part): string {
  if (part === undefined) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map((each) => each.text).join('')
  return escapeHtml(String(part))
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => ESCAPES[character] ?? '')
}
