import { z } from 'zod'
import { duration, flag } from './values.ts'

/** A provider's name stands in group names and in the log. */
const providerName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name has lower-case letters, digits and "-", and begins with a letter')
  .refine((name) => name !== 'local' && name !== 'htpasswd', 'this name is taken')

const ldapServer = z.strictObject({
  url: z
    .url({ protocol: /^ldaps?$/ })
    .describe('Of the server: ldaps://HOST, or ldap://HOST with startTls. Several separated by spaces are not read.'),
  startTls: flag.default(false).describe('Turns an ldap:// connection into an encrypted one before anything is sent.'),
  insecure: flag.default(false).describe('Allows passwords to travel unencrypted. For tests only.'),
  ca: z.string().optional().describe('File with the authorities of the server’s certificate, PEM.'),
  bindDn: z.string().optional().describe('Who looks people up; without it the server must allow anonymous searches.'),
  bindPasswordFile: z.string().optional().describe('File with the password of bindDn.'),
  userBase: z.string().min(1).describe('Where people are searched, with everything below.'),
  userFilter: z.string().default('(objectClass=*)').describe('Who of them may sign in, an LDAP filter.'),
  nameAttribute: z
    .string()
    .default('uid')
    .describe('What people type as their name: "uid", or "sAMAccountName" for AD.'),
  idAttribute: z
    .string()
    .default('entryUUID')
    .describe('What never changes about a person: "entryUUID", or "objectGUID" for AD.'),
  emailAttribute: z.string().default('mail').describe('Links the person to an account with the same address.'),
  groupBase: z.string().optional().describe('Where groups are searched; without it the memberOf attribute is read.'),
  groupNameAttribute: z.string().default('cn').describe('The name of a group.'),
  groupMemberAttribute: z.string().default('member').describe('What lists the DNs of a group’s members.'),
  trustEmail: flag
    .default(false)
    .describe(
      'Whether the directory vouches for e-mail addresses, which link people to accounts. Not where people edit their own.',
    ),
})

const oidcProvider = z.strictObject({
  issuer: z
    .url({ protocol: /^https?$/ })
    .describe('Of the provider, as its discovery document says. HTTPS, except on loopback.'),
  clientId: z
    .string()
    .min(1)
    .describe('The client registered there; its redirect address is EXTERNAL-URL/auth/callback/NAME.'),
  clientSecretFile: z
    .string()
    .optional()
    .describe('File with the client’s secret; without it a public client with PKCE.'),
  label: z.string().max(60).optional().describe('What the sign-in button says.'),
  scopes: z.string().default('openid profile email').describe('What is asked of the provider, separated by spaces.'),
  nameClaim: z
    .string()
    .default('preferred_username')
    .describe('The claim with the person’s name; e-mail is taken when it is missing.'),
  groupsClaim: z.string().default('groups').describe('The claim with the names of the person’s groups.'),
  trustEmail: flag
    .default(false)
    .describe('Takes addresses as verified although the provider does not say email_verified.'),
  ca: z.string().optional().describe('File with the authorities of the provider’s certificate, PEM.'),
})

const workloadIssuer = z.strictObject({
  preset: z
    .enum(['github', 'gitlab', 'kubernetes', 'generic'])
    .default('generic')
    .describe('Knows the issuer and which claims a rule must name: github, gitlab, kubernetes or generic.'),
  issuer: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The "iss" of its tokens; github and gitlab know theirs. HTTPS, except on loopback or with jwksFile.'),
  audience: z.string().min(1).optional().describe('The "aud" that tokens must have. Default: the external address.'),
  jwksFile: z
    .string()
    .optional()
    .describe('File with the issuer’s keys (a JWK set) instead of asking it: for clusters that nobody reaches.'),
  tokenFile: z
    .string()
    .optional()
    .describe(
      'File with a token that the issuer wants to see before it shows its keys, as a Kubernetes API server does.',
    ),
  ca: z
    .string()
    .optional()
    .describe('File with the authorities of the issuer’s certificate, PEM, in place of the system’s.'),
})

export const authSchema = z.strictObject({
  anonymous: z
    .enum(['none', 'pull', 'push'])
    .optional()
    .describe(
      'What may be done without signing in, in repositories that belong to no project; "push" includes deleting. Not set: "push" while listening on loopback with no users and no other way to sign in, otherwise "none".',
    ),
  htpasswd: z
    .strictObject({ path: z.string().min(1).describe('File made by "htpasswd -B". Read again when it changes.') })
    .optional()
    .describe('Users from an Apache htpasswd file, besides those of "berth user".'),
  ldap: z
    .record(providerName, ldapServer)
    .default({})
    .describe('LDAP and Active Directory servers, by a name of your choice.'),
  oidc: z
    .record(providerName, oidcProvider)
    .default({})
    .describe('OpenID Connect providers that people sign in with, by a name of your choice.'),
  workload: z
    .record(providerName, workloadIssuer)
    .default({})
    .describe(
      'Issuers of tokens for CI jobs and clusters, by a name of your choice; "berth robot trust" says which job is which robot.',
    ),
  refreshTokens: z
    .strictObject({
      idle: duration.prefault('90d').describe('A terminal that was not used for this long must sign in again.'),
      external: duration
        .prefault('30d')
        .describe(
          'So must, after this long at the latest, one that signed in with an OIDC provider, which cannot be asked again.',
        ),
    })
    .prefault({})
    .describe('How long a terminal stays signed in.'),
})

/** A name stands for one provider: groups and identities are told apart by it. */
export function repeatedNames({ ldap, oidc, workload }: z.infer<typeof authSchema>): string[] {
  const names = [ldap, oidc, workload].flatMap((map) => Object.keys(map))
  return names.filter((name, index) => names.indexOf(name) !== index)
}

export type LdapServerConfig = z.infer<typeof ldapServer>
export type OidcProviderConfig = z.infer<typeof oidcProvider>
export type WorkloadIssuerConfig = z.infer<typeof workloadIssuer>
