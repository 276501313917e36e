import type { ApiRoute } from '../http/api/api-route.ts'

export const immutabilityRoutes: readonly ApiRoute[] = []
