import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'
import { apiRoutes } from '../../src/api-routes.ts'
import { openApi } from '../../src/http/api/openapi.ts'

export const API_TYPES = 'src/client/admin/api-types.ts'

/** The types of the admin API's client, made of its description. */
export async function apiTypes(): Promise<string> {
  const description = openApi(await apiRoutes(), '') as OpenAPI3
  const types = astToString(await openapiTS(description, { alphabetize: true, emptyObjectsUnknown: true }))
  return `// Made by \`npm run docs\`; not to be changed by hand.\n${types}`
}
