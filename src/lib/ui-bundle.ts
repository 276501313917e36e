import { readFile } from 'node:fs/promises'

/** The web pages, as scripts/build-ui.ts made them. */
export interface UiBundle {
  readonly index: string
  /** By name; `gzip` is base64. */
  readonly files: Readonly<Record<string, { readonly type: string; readonly gzip: string }>>
}

/** Undefined where nobody built them. The release has another file in this one's place: see scripts/build.ts. */
export async function readUiBundle(): Promise<UiBundle | undefined> {
  const path = new URL('../../ui/dist/bundle.json', import.meta.url)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as UiBundle)
}
