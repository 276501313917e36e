import type { Analyzer } from '../analyzer.ts'
import { LANGUAGE_ANALYZERS } from '../languages/analyzers.ts'
import { OS_ANALYZERS } from './os/os-analyzers.ts'

/** Everything that is looked for in a layer. */
export const analyzers: readonly Analyzer[] = [...OS_ANALYZERS, ...LANGUAGE_ANALYZERS]
