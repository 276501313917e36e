import type { Access } from '../access/access.ts'
import type { Locate, Located, LocateRequest } from '../http/locate.ts'
import type { Database } from '../metadata/db.ts'
import { findRepository } from '../metadata/repositories.ts'
import { OciError } from '../oci/errors.ts'
import { parseRepositoryName } from '../oci/name.ts'
import type { Settings, SourceSettings } from './settings.ts'

interface LocatorParts {
  readonly settings: SourceSettings
  readonly access: Access
  readonly database: Database
}

/** Clients of a mirror name the image as its own registry does: it is found in the project that stands for that registry. */
export function createLocator({ settings, access, database }: LocatorParts): Locate {
  async function inDefault(request: LocateRequest, project: string): Promise<Located> {
    const { name } = request
    const isOurs =
      (await access.projectOf(name)) !== undefined || (await findRepository(database.reader, name)) !== undefined
    return isOurs ? request : below(project, request)
  }

  function locate(request: LocateRequest, { namespaces, defaultProject }: Settings): Located | Promise<Located> {
    const { namespace, host } = request
    if (namespace === undefined || namespace === host)
      return defaultProject === undefined
        ? { name: request.name }
        : inDefault({ ...request, namespace: undefined }, defaultProject)
    const found = namespaces.get(namespace.toLowerCase())
    if (found !== undefined) return below(found.project, request)
    throw new OciError('NAME_UNKNOWN', {
      message: `this registry is no mirror of "${namespace.slice(0, 255)}"; its operator can make it one: berth mirror add`,
      detail: { ns: namespace.slice(0, 255) },
    })
  }

  return (request) => {
    if (!request.isPull) return { name: request.name }
    const current = settings.current()
    return current instanceof Promise ? current.then((known) => locate(request, known)) : locate(request, current)
  }
}

function below(project: string, { name, namespace }: LocateRequest): Located {
  return { name: parseRepositoryName(`${project}/${name}`), namespace }
}
