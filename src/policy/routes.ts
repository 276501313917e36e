import type { ApiRoute } from '../http/api/api-route.ts'

export const policyRoutes: readonly ApiRoute[] = []
