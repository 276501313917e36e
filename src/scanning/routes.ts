import type { ApiRoute } from '../http/api/api-route.ts'
import { exceptionRoutes } from './exception-routes.ts'
import { scannerRoutes } from './external/routes.ts'
import { packageRoutes } from './package-routes.ts'
import type { ScanningParts } from './parts.ts'
import { reportRoutes } from './report-routes.ts'
import { sbomRoutes } from './sbom-routes.ts'

export function scanningRoutes(parts: () => ScanningParts): readonly ApiRoute[] {
  const scanners = () => parts().scanners
  return [
    ...[...reportRoutes(parts), ...packageRoutes, ...sbomRoutes(parts), ...exceptionRoutes],
    ...scannerRoutes(scanners),
  ]
}
