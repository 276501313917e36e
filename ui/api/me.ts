import { useQuery } from '@tanstack/react-query'
import { ApiError, api, bodyOf, rememberCsrf } from './client.ts'

/** Who is signed in; null: nobody. Undefined until that is known. */
export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: getMe, staleTime: 60_000 }).data
}

async function getMe() {
  try {
    const me = await bodyOf(api.GET('/me'))
    rememberCsrf(me.csrf)
    return me
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

/** Whether the pages about the whole registry are for this person. */
export function useIsInspector(): boolean {
  const role = useMe()?.systemRole
  return role === 'administrator' || role === 'auditor'
}
