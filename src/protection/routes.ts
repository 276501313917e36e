import type { ApiRoute } from '../http/api/api-route.ts'

export const protectionRoutes: readonly ApiRoute[] = []
