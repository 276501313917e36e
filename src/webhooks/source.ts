/** What this registry calls itself in events. */
export function sourceOf({ externalUrl }: { readonly externalUrl?: string | undefined }): string {
  return externalUrl ?? 'http://localhost'
}
