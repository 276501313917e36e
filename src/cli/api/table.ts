import { API_COMMAND } from './api-command.ts'
import { CONTENT_COMMANDS } from './contents.ts'
import { REPOSITORY_COMMANDS } from './images.ts'
import { INSIDE_COMMANDS } from './inside.ts'
import { BIN_COMMANDS, QUOTA_COMMANDS, RULE_COMMANDS } from './keeping.ts'
import { LOOK_COMMANDS } from './look.ts'
import { OWN_COMMANDS, USER_COMMANDS } from './people.ts'
import { REMOTE_COMMANDS, REPLICATION_COMMANDS, SCANNER_COMMANDS, SOURCE_COMMANDS } from './places.ts'
import { PROJECT_COMMANDS } from './projects.ts'
import { ROBOT_COMMANDS } from './robots.ts'
import { JOB_COMMANDS, WEBHOOK_COMMANDS } from './running.ts'
import type { ApiCommand } from './spec.ts'

/** What commands are at the API of a server: the only list of them. */
export const API_COMMANDS: readonly ApiCommand[] = [
  ...USER_COMMANDS,
  ...OWN_COMMANDS,
  ...PROJECT_COMMANDS,
  ...ROBOT_COMMANDS,
  ...REPOSITORY_COMMANDS,
  ...LOOK_COMMANDS,
  ...BIN_COMMANDS,
  ...RULE_COMMANDS,
  ...QUOTA_COMMANDS,
  ...CONTENT_COMMANDS,
  ...INSIDE_COMMANDS,
  ...REMOTE_COMMANDS,
  ...SOURCE_COMMANDS,
  ...REPLICATION_COMMANDS,
  ...SCANNER_COMMANDS,
  ...JOB_COMMANDS,
  ...WEBHOOK_COMMANDS,
  API_COMMAND,
]
