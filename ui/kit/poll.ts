const POLL_MS = 1500

interface Polled<Data> {
  readonly state: { readonly data: Data | undefined }
}

/** For useQuery: asks again and again while something goes on. */
export function pollWhile<Data>(isGoingOn: (data: Data) => boolean) {
  return {
    refetchInterval: ({ state: { data } }: Polled<Data>) => (data !== undefined && isGoingOn(data) ? POLL_MS : false),
  } as const
}
