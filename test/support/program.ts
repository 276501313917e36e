export const SOURCE: readonly string[] = [process.execPath, 'src/main.ts']

/**
 * What starts the program: its source, or the release that `BERTH_TEST_PROGRAM` names. Suites that start it thousands of
 * times take a third less with the release, and try what users run.
 */
export const PROGRAM: readonly string[] =
  process.env.BERTH_TEST_PROGRAM === undefined ? SOURCE : [process.env.BERTH_TEST_PROGRAM]
