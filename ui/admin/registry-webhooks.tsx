import { Title } from '../kit/title.tsx'
import { Webhooks } from '../webhooks/webhooks.tsx'

export function RegistryWebhooks() {
  return (
    <>
      <Title text="Webhooks" />
      <Webhooks />
    </>
  )
}
