import type { ApiRoute } from '../http/api/api-route.ts'

export const signingRoutes: readonly ApiRoute[] = []
