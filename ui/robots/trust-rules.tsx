import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useChange } from '../api/change.ts'
import type { ItemOf } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Button } from '../kit/button.tsx'
import { Shown } from '../kit/shown.tsx'
import type { RobotCalls } from './robot-calls.ts'
import { TrustForm } from './trust-form.tsx'

interface TrustRulesProps {
  readonly calls: RobotCalls
  readonly robot: string
}

/** Which workloads are this robot, without any secret. */
export function TrustRules({ calls, robot }: TrustRulesProps) {
  const [adds, setAdds] = useState(false)
  const trusts = useQuery(calls.trusts(robot))
  const add = useChange({
    work: (body: Parameters<typeof calls.addTrust>[1]) => calls.addTrust(robot, body),
    said: 'These workloads are trusted from now on.',
    onDone: () => setAdds(false),
  })
  return (
    <section>
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <h3 className="mr-auto text-sm font-semibold">Trusted workloads</h3>
        {!adds && <Button onClick={() => setAdds(true)}>Trust a workload</Button>}
      </div>
      <p className="mb-2 text-sm text-soft">
        Jobs and pods that prove where they run sign in as this robot, with no secret that could leak.
      </p>
      <Shown query={trusts}>
        {({ items }) => (
          <ul className="flex flex-col gap-2">
            {items.map((rule) => (
              <TrustRule key={rule.id} {...{ calls, robot, rule }} />
            ))}
          </ul>
        )}
      </Shown>
      {adds && (
        <div className="mt-3 rounded-md border border-line p-3">
          <TrustForm
            error={add.error}
            isPending={add.isPending}
            onCancel={() => setAdds(false)}
            onSubmit={add.mutate}
          />
        </div>
      )}
    </section>
  )
}

function TrustRule({ calls, robot, rule }: TrustRulesProps & { readonly rule: ItemOf<'/robots/{robot}/trust'> }) {
  const { id, issuer, claims } = rule
  return (
    <li className="flex flex-wrap items-center gap-2 rounded-md border border-line px-3 py-2 text-sm">
      <span className="font-medium">{issuer}</span>
      <span className="mr-auto flex min-w-0 flex-wrap gap-x-3 font-mono text-xs break-all text-soft">
        {Object.entries(claims).map(([name, value]) => (
          <span key={name}>
            {name}={value}
          </span>
        ))}
      </span>
      <AskButton
        text="Remove"
        label={`Remove the trust in ${issuer}, rule ${id}`}
        title={`Trust these workloads of ${issuer} no more?`}
        action="Remove the rule"
        said="They are trusted no more."
        work={() => calls.removeTrust(robot, id)}
      >
        Jobs that it fits cannot sign in as this robot any more.
      </AskButton>
    </li>
  )
}
