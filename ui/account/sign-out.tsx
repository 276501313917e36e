import { Button } from '../kit/button.tsx'

/** A form, because the page that answers is another one. */
export function SignOut({ csrf }: { readonly csrf: string }) {
  return (
    <form method="post" action="/auth/sign-out">
      <input type="hidden" name="csrf" value={csrf} />
      <Button type="submit">Sign out</Button>
    </form>
  )
}
