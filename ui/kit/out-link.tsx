import { visibleText } from './format.ts'
import { webAddress } from './web-address.ts'

/** The text, and a link where it is a whole http(s) address: whoever pushed it wrote it. */
export function OutLink({ text }: { readonly text: string }) {
  const address = webAddress(text)
  if (address === undefined) return <>{visibleText(text)}</>
  return (
    <a href={address} rel="noopener noreferrer nofollow" target="_blank" className="underline break-all">
      {visibleText(text)}
    </a>
  )
}
