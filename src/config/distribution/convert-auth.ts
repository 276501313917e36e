import type { Draft } from './draft.ts'

/** Who may come in. Distribution knows no rights: whoever is in may do everything. */
export function convertAuth(draft: Draft): void {
  const { keys } = draft
  draft.copy('auth.htpasswd.path', 'auth.htpasswd.path')
  if (keys.has('auth.htpasswd.path'))
    keys.say(
      'auth.htpasswd.path',
      'auth.htpasswd.path. Everybody in it could do everything; here an administrator ("berth user add") gives rights: "berth project add", "berth grant add", or projects.create',
    )
  keys.say('auth.htpasswd.realm', 'nothing: the realm is the address of this registry')
  keys.say(
    'auth.token',
    'nothing: this registry issues its tokens itself; people sign in here (users, LDAP, OIDC: docs/access.md), CI jobs by auth.workload',
  )
  keys.say('auth.silly', 'nothing: it let in whoever said any password; here people sign in')
  keys.say('auth.none', 'auth.anonymous: push')
  const ways = Object.keys(Object(keys.value('auth')))
  if (ways.length > 1) draft.settle(`auth: distribution knows one way to sign in, and not ${ways.join(' and ')}`)
  if (!draft.options.isWhole) return
  const isOpen = keys.has('auth.none') || ways.length === 0
  draft.set('auth.anonymous', isOpen ? 'push' : 'none')
  keys.sayAlone('auth', 'auth.anonymous: push')
}
