/** What is known of a registry that many pull from. */
export interface Preset {
  readonly url: string
  /** Where else its tokens come from. */
  readonly trustedHosts: readonly string[]
}

const preset = (host: string, ...trustedHosts: string[]): Preset => ({ url: `https://${host}`, trustedHosts })

export const PRESETS: Readonly<Record<string, Preset>> = {
  'docker.io': preset('registry-1.docker.io', 'auth.docker.io'),
  'quay.io': preset('quay.io'),
  'ghcr.io': preset('ghcr.io'),
  'registry.k8s.io': preset('registry.k8s.io'),
  'gcr.io': preset('gcr.io'),
  'mcr.microsoft.com': preset('mcr.microsoft.com'),
  'public.ecr.aws': preset('public.ecr.aws'),
  'registry.gitlab.com': preset('registry.gitlab.com', 'gitlab.com'),
  'nvcr.io': preset('nvcr.io'),
  'cgr.dev': preset('cgr.dev'),
  'docker.elastic.co': preset('docker.elastic.co', 'docker-auth.elastic.co'),
  'registry.redhat.io': preset('registry.redhat.io'),
}

/** By the name that images of it begin with. */
export function findPreset(name: string): Preset | undefined {
  return Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined
}
