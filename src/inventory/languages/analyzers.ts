import type { Analyzer } from '../analyzer.ts'
import { binaryAnalyzer } from './binary.ts'
import { composerAnalyzer } from './composer.ts'
import { gemAnalyzer } from './gem.ts'
import { jarAnalyzer } from './jar.ts'
import { npmAnalyzer } from './npm.ts'
import { nugetAnalyzer } from './nuget.ts'
import { pypiAnalyzer } from './pypi.ts'
import { yarnAnalyzer } from './yarn.ts'

/** What is installed for one language, beside what the distribution brings. Lock files are of no interest: they are wishes. */
export const LANGUAGE_ANALYZERS: readonly Analyzer[] = [
  npmAnalyzer,
  yarnAnalyzer,
  pypiAnalyzer,
  jarAnalyzer,
  gemAnalyzer,
  nugetAnalyzer,
  composerAnalyzer,
  binaryAnalyzer,
]
