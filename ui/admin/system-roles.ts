export const SYSTEM_ROLES = [
  ['none', 'none: what projects grant'],
  ['auditor', 'auditor: sees everything, changes nothing'],
  ['administrator', 'administrator: may do everything'],
] as const

export type SystemRole = (typeof SYSTEM_ROLES)[number][0]

/** What was chosen in a field "systemRole". */
export function roleOf(data: FormData): SystemRole {
  return SYSTEM_ROLES.find(([role]) => role === data.get('systemRole'))?.[0] ?? 'none'
}
