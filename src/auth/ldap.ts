import type { Entry } from 'ldapts'
import type { LdapServerConfig } from '../config/sign-in.ts'
import { Semaphore } from '../lib/semaphore.ts'
import type { Log } from '../observability/log.ts'
import type { Identity, IdentityProvider } from './identity-provider.ts'
import { type Ldapts, withConnection } from './ldap-connection.ts'
import { isAskable, isDisabled, searchValueOf, subjectOf, textsOf, UnusableAnswer } from './ldap-entry.ts'
import { Outage } from './ldap-outage.ts'
import { LdapSearch } from './ldap-search.ts'
import { type LdapSettings, ldapSettings } from './ldap-settings.ts'

const MAX_AT_ONCE = 8

export interface LdapOptions {
  /** As the configuration calls it. */
  readonly name: string
  readonly config: LdapServerConfig
  readonly log: Log
}

export interface LdapProvider extends IdentityProvider {
  /** Whether the account is trusted changes nothing: the directory has the last word anyway. */
  verify(username: string, password: string): Promise<Identity | undefined>
  refresh(subject: string): Promise<Identity | undefined>
}

/**
 * People of an LDAP directory or Active Directory: looked up by name, then their password is tried.
 * @throws Error when the configuration cannot be used or a file it names cannot be read
 */
export function ldapProvider({ name, config, log }: LdapOptions): LdapProvider {
  const what = `LDAP provider "${name}"`
  const ask = asker({ what, config, log, settings: usableSettings(what, config) })

  async function identify(search: LdapSearch, person: Person): Promise<Identity> {
    const { subject, entry } = person
    const email = config.trustEmail ? textsOf(entry, config.emailAttribute)[0]?.toLowerCase() : undefined
    return { provider: name, subject, name: person.name, email, groups: await search.groupsOf(entry) }
  }

  /** Nobody, when the directory does not say clearly who it is. */
  function onlyPerson(found: readonly Entry[], asked: string): Person | undefined {
    const [entry] = found
    if (entry === undefined || isDisabled(entry)) return undefined
    const subject = subjectOf(entry, config.idAttribute)
    const [written] = textsOf(entry, config.nameAttribute)
    if (found.length > 1) log.warn(`${what}: this name is ambiguous, so nobody is let in by it`, { asked })
    else if (subject === undefined || written === undefined || entry.dn === '')
      log.warn(`${what}: somebody without ${config.idAttribute} or ${config.nameAttribute} is not let in`, { asked })
    else return { entry, subject, name: written }
    return undefined
  }

  return {
    name,
    verify: async (username, password) => {
      // A name with an empty password is an "unauthenticated bind", which succeeds for anybody (RFC 4513 §5.1.2).
      if (password === '' || !isAskable(username)) return undefined
      return ask(async (search) => {
        await search.bindAsSearcher()
        const person = onlyPerson(await search.people(config.nameAttribute, username), username)
        const fits = await search.passwordFits(person?.entry, password)
        return fits && person !== undefined ? identify(search, person) : undefined
      })
    },
    refresh: async (subject) => {
      const value = searchValueOf(subject, config.idAttribute)
      if (value === undefined) return undefined
      return ask(async (search) => {
        await search.bindAsSearcher()
        const person = onlyPerson(await search.people(config.idAttribute, value), subject)
        return person === undefined ? undefined : identify(search, person)
      })
    },
  }
}

interface Person {
  readonly entry: Entry
  readonly subject: string
  readonly name: string
}

function usableSettings(what: string, config: LdapServerConfig): LdapSettings {
  try {
    return ldapSettings(config)
  } catch (cause) {
    throw new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

interface AskerOptions {
  readonly what: string
  readonly config: LdapServerConfig
  readonly log: Log
  readonly settings: LdapSettings
}

type Ask = <T>(work: (search: LdapSearch) => Promise<T>) => Promise<T>

/** Asks a directory, eight times at once at most; whatever goes wrong is thrown with the provider's name. */
function asker({ what, config, log, settings }: AskerOptions): Ask {
  const permits = new Semaphore(MAX_AT_ONCE)
  const outage = new Outage({ what, log })

  return async (work) => {
    try {
      // Loaded by the first who signs in: a start does not pay for it.
      const ldapts = await import('ldapts')
      const userFilter = ldapts.FilterParser.parseString(config.userFilter)
      const lookUp = () =>
        withConnection(ldapts, settings, (client) =>
          work(new LdapSearch({ ldapts, client, config, settings, userFilter })),
        )
      return await permits.run(() => outage.watch(lookUp, (error) => isAnswer(ldapts, error)))
    } catch (cause) {
      throw new Error(`${what} cannot be asked`, { cause })
    }
  }
}

/** Otherwise nobody is there, or not the one we trust, or not in time. */
function isAnswer(ldapts: Ldapts, error: unknown): boolean {
  return error instanceof ldapts.ResultCodeError || error instanceof UnusableAnswer
}
