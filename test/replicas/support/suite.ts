import { test } from 'bun:test'
import { which } from '../../clients/support/clients.ts'
import { hasPostgres } from '../../support/postgres.ts'
import { describeWithGateway } from '../../support/rgw.ts'

/** Longer and larger forms of these suites. */
export const LONG = process.env.BERTH_TEST_LONG === '1'

/**
 * Tests on real engines: PostgreSQL, Ceph's gateway and what else is named. Where one is not installed they are skipped
 * and say so; in CI (`CI=true`) that is a failure.
 */
export function describeReplicas(title: string, tests: () => void, programs: readonly string[] = []): void {
  const missing = [...(hasPostgres ? [] : ['postgresql']), ...programs.filter((name) => which(name) === undefined)]
  if (missing.length === 0) {
    describeWithGateway(title, tests)
    return
  }
  const reason = `${title}: ${missing.join(', ')} not installed`
  test.skipIf(process.env.CI !== 'true')(reason, () => {
    throw new Error(reason)
  })
}
