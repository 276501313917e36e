import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import type { Sent } from '../api/sent.ts'

export type NewRobot = Sent<'/robots', 'post'>
export type RobotChange = Sent<'/robots/{robot}', 'patch'>
export type NewTrust = Sent<'/robots/{robot}/trust', 'post'>

/** What one does with the robots of a project, or with those of the whole registry. */
export function robotCalls(project: string | undefined) {
  return project === undefined ? ofRegistry() : ofProject(project)
}

function ofProject(project: string) {
  const at = (robot: string) => ({ path: { project, robot } })
  const all = { path: { project } }
  return {
    list: read('/projects/{project}/robots', { params: all }),
    make: (body: NewRobot) => bodyOf(api.POST('/projects/{project}/robots', { params: all, body })),
    change: (robot: string, body: RobotChange) =>
      bodyOf(api.PATCH('/projects/{project}/robots/{robot}', { params: at(robot), body })),
    remove: (robot: string) => bodyOf(api.DELETE('/projects/{project}/robots/{robot}', { params: at(robot) })),
    renew: (robot: string, expiresInDays?: number) =>
      bodyOf(
        api.POST('/projects/{project}/robots/{robot}/secret', {
          params: at(robot),
          body: { ...(expiresInDays !== undefined && { expiresInDays }) },
        }),
      ),
    trusts: (robot: string) => read('/projects/{project}/robots/{robot}/trust', { params: at(robot) }),
    addTrust: (robot: string, body: NewTrust) =>
      bodyOf(api.POST('/projects/{project}/robots/{robot}/trust', { params: at(robot), body })),
    removeTrust: (robot: string, rule: number) =>
      bodyOf(
        api.DELETE('/projects/{project}/robots/{robot}/trust/{rule}', { params: { path: { project, robot, rule } } }),
      ),
  }
}

function ofRegistry(): ReturnType<typeof ofProject> {
  const at = (robot: string) => ({ path: { robot } })
  return {
    list: read('/robots'),
    make: (body) => bodyOf(api.POST('/robots', { body })),
    change: (robot, body) => bodyOf(api.PATCH('/robots/{robot}', { params: at(robot), body })),
    remove: (robot) => bodyOf(api.DELETE('/robots/{robot}', { params: at(robot) })),
    renew: (robot, expiresInDays) =>
      bodyOf(
        api.POST('/robots/{robot}/secret', {
          params: at(robot),
          body: { ...(expiresInDays !== undefined && { expiresInDays }) },
        }),
      ),
    trusts: (robot) => read('/robots/{robot}/trust', { params: at(robot) }),
    addTrust: (robot, body) => bodyOf(api.POST('/robots/{robot}/trust', { params: at(robot), body })),
    removeTrust: (robot, rule) =>
      bodyOf(api.DELETE('/robots/{robot}/trust/{rule}', { params: { path: { robot, rule } } })),
  }
}

export type RobotCalls = ReturnType<typeof robotCalls>
