import { randomUUID } from 'node:crypto'
import type { Client, Entry, Filter } from 'ldapts'
import type { LdapServerConfig } from '../config/sign-in.ts'
import type { Ldapts } from './ldap-connection.ts'
import { binaryAttribute, distinct, groupsFromMemberOf, textsOf } from './ldap-entry.ts'
import type { LdapSettings } from './ldap-settings.ts'

/** Two are enough to know that a name is not unique. */
const ENOUGH_PEOPLE = 2

/** No more than directories tell at once: 500 is OpenLDAP's limit, 1,000 Active Directory's. */
const GROUPS_PER_PAGE = 500

export interface LdapSearchOptions {
  readonly ldapts: Ldapts
  readonly client: Client
  readonly config: LdapServerConfig
  readonly settings: LdapSettings
  readonly userFilter: Filter
}

/**
 * What is asked of a directory over one connection. Values never become part of a filter's text, so that nothing in
 * them is syntax: they travel as bytes of their own (RFC 4511 §4.5.1.7), which RFC 4515 §3 would have to escape.
 */
export class LdapSearch {
  readonly #options: LdapSearchOptions

  constructor(options: LdapSearchOptions) {
    this.#options = options
  }

  /** Becomes the one who looks people up. */
  async bindAsSearcher(): Promise<void> {
    const { client, settings } = this.#options
    await client.bind(settings.bindDn, settings.bindPassword)
  }

  /** At most two people who may sign in and have the value; other servers that the directory points to are not asked. */
  async people(attribute: string, value: string | Buffer): Promise<Entry[]> {
    const { client, config, ldapts, userFilter } = this.#options
    const { nameAttribute, idAttribute, emailAttribute, userBase, groupBase } = config
    const groups = groupBase === undefined ? ['memberOf'] : []
    const id = binaryAttribute(idAttribute)
    const isThem = new ldapts.EqualityFilter({ attribute, value })
    const { searchEntries } = await client.search(userBase, {
      scope: 'sub',
      filter: new ldapts.AndFilter({ filters: [userFilter, isThem] }),
      attributes: [nameAttribute, idAttribute, emailAttribute, 'userAccountControl', ...groups],
      explicitBufferAttributes: id === undefined ? [] : [id, idAttribute],
      sizeLimit: ENOUGH_PEOPLE,
    })
    return searchEntries
  }

  /** Takes as long for nobody as for somebody: a DN is tried that cannot exist. */
  async passwordFits(person: Entry | undefined, password: string): Promise<boolean> {
    const { client, config, ldapts } = this.#options
    try {
      await client.bind(person?.dn ?? `cn=${randomUUID()},${config.userBase}`, password)
      return person !== undefined
    } catch (error) {
      if (error instanceof ldapts.InvalidCredentialsError) return false
      // What a directory says about a DN that does not exist is its own affair, as long as it says something.
      if (person === undefined && error instanceof ldapts.ResultCodeError) return false
      throw error
    }
  }

  /** All groups of a person, as who looks people up sees them. */
  async groupsOf(person: Entry): Promise<string[]> {
    const { client, config } = this.#options
    if (config.groupBase === undefined) return groupsFromMemberOf(person)
    // The connection may be the person's by now, who may see less.
    await this.bindAsSearcher()
    const { searchEntries } = await client.search(config.groupBase, {
      scope: 'sub',
      filter: this.#hasMember(person.dn),
      attributes: [config.groupNameAttribute],
      paged: { pageSize: GROUPS_PER_PAGE },
    })
    return distinct(searchEntries.map((group) => textsOf(group, config.groupNameAttribute)[0] ?? ''))
  }

  /** `member`, or with a rule `member:1.2.840.113556.1.4.1941:`, by which Active Directory finds groups in groups. */
  #hasMember(dn: string): Filter {
    const { config, ldapts } = this.#options
    const [attribute = '', rule = ''] = config.groupMemberAttribute.split(':')
    return rule === ''
      ? new ldapts.EqualityFilter({ attribute, value: dn })
      : new ldapts.ExtensibleFilter({ matchType: attribute, rule, value: dn })
  }
}
