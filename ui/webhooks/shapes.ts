import type { Webhook } from './webhook-api.ts'

export const SHAPES: readonly (readonly [shape: Webhook['shape'], text: string])[] = [
  ['cloudevents', 'CloudEvents 1.0'],
  ['distribution', 'Distribution’s notifications'],
  ['harbor', 'Harbor’s webhooks'],
  ['slack', 'Slack messages'],
]

export function shapeText(shape: Webhook['shape']): string {
  return SHAPES.find(([each]) => each === shape)?.[1] ?? shape
}
