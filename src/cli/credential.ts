import { z } from 'zod'

/** As docker's credential helpers have it; the user name `<token>` says that the secret is a refresh token. */
export const Credential = z.object({ Username: z.string(), Secret: z.string() })
export type Credential = z.infer<typeof Credential>

export const TOKEN_USER = '<token>'

/** Where secrets of people's terminals are kept, by registry. */
export interface CredentialStore {
  /** For people. */
  readonly name: string
  find(server: string): Promise<Credential | undefined>
  /** @throws Error when it cannot keep it */
  store(server: string, credential: Credential): Promise<void>
  erase(server: string): Promise<void>
  /** User names by registry. */
  list(): Promise<Readonly<Record<string, string>>>
}

/** Docker says `https://registry.example/` for some and `registry.example` for others. */
export function serverKey(text: string): string {
  return text
    .trim()
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
}
