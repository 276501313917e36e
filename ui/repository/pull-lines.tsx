import { CopyLine } from '../kit/copy.tsx'

/** How each client is told to get an image. `reference`: a tag or a digest. */
export function PullLines({ repository, reference }: { readonly repository: string; readonly reference: string }) {
  const image = `${location.host}/${repository}${reference.includes(':') ? '@' : ':'}${reference}`
  return (
    <>
      <CopyLine label="docker" text={`docker pull ${image}`} />
      <CopyLine label="podman" text={`podman pull ${image}`} />
      <CopyLine label="containerd" text={`ctr images pull ${image}`} />
      <CopyLine label="Kubernetes" text={`image: ${image}`} />
    </>
  )
}
