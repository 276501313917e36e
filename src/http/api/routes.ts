import { accessRoutes } from './access-api.ts'
import type { ApiRoute } from './api-route.ts'
import { groupRoutes } from './groups-api.ts'
import { imageRoutes } from './images-api.ts'
import { jobRoutes } from './jobs-api.ts'
import { projectRoutes } from './projects-api.ts'
import { promotionRoutes } from './promotions-api.ts'
import { repositoryRoutes } from './repositories-api.ts'
import { robotRoutes } from './robots-api.ts'
import { selfRoutes } from './self-api.ts'
import { tagRoutes } from './tags-api.ts'
import { userRoutes } from './users-api.ts'

/** Every row of the admin API but those of features, which bring their own. */
export const CORE_API_ROUTES: readonly ApiRoute[] = [
  ...selfRoutes,
  ...userRoutes,
  ...groupRoutes,
  ...projectRoutes,
  ...robotRoutes,
  ...accessRoutes,
  ...repositoryRoutes,
  ...tagRoutes,
  ...imageRoutes,
  ...promotionRoutes,
  ...jobRoutes,
]
