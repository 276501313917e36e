import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useSay } from '../kit/toast.tsx'

interface ChangeOptions<Input, Answer> {
  readonly work: (input: Input) => Promise<Answer>
  /** Said in passing when it is done. */
  readonly said?: string | ((answer: Answer) => string)
  readonly onDone?: (answer: Answer) => void
}

/** Changes something, and has whatever is shown read again. What went wrong is `error`, for a Failure beside the form. */
export function useChange<Input = void, Answer = unknown>({ work, said, onDone }: ChangeOptions<Input, Answer>) {
  const client = useQueryClient()
  const say = useSay()
  return useMutation({
    mutationFn: work,
    onSuccess: async (answer) => {
      if (said !== undefined) say(typeof said === 'string' ? said : said(answer))
      onDone?.(answer)
      await client.invalidateQueries()
    },
  })
}
