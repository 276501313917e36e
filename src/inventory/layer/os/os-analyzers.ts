import type { Analyzer } from '../../analyzer.ts'
import { apk } from './apk.ts'
import { apkRepositories } from './apk-repositories.ts'
import { dpkg } from './dpkg.ts'
import { osRelease } from './os-release.ts'
import { rpm } from './rpm.ts'

/** What a distribution says of itself and its packages. */
export const OS_ANALYZERS: readonly Analyzer[] = [osRelease, apkRepositories, dpkg, apk, rpm]
