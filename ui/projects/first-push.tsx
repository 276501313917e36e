import { Card } from '../kit/card.tsx'
import { CopyLine } from '../kit/copy.tsx'

/** Where there is nothing yet, how there comes to be something. */
export function FirstPush({ repository }: { readonly repository: string }) {
  const image = `${location.host}/${repository}:latest`
  return (
    <Card title="Push an image">
      <p className="mb-3 text-sm text-soft">Nothing is shown here yet. A machine that has an image brings it:</p>
      <CopyLine label="sign in" text={`docker login ${location.host}`} />
      <CopyLine label="name" text={`docker tag my-image ${image}`} />
      <CopyLine label="push" text={`docker push ${image}`} />
    </Card>
  )
}
