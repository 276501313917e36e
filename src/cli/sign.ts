import { type Command, Option } from 'commander'
import { withConfig } from './flags.ts'
import { IMAGE_TO_SIGN } from './image-to-sign.ts'
import type { SignFlags } from './sign-image.ts'
import { withTrustFlags } from './trust-flags.ts'
import type { VerifyFlags } from './verify-image.ts'

export function addSignCommands(program: Command): void {
  const sign = program
    .command('sign [image]')
    .description(`Sign an image with a key, as cosign does. An image is ${IMAGE_TO_SIGN}.`)
  withPlaceFlags(sign)
    .option('--key <file>', 'a private key: of "cosign generate-key-pair" or of --generate-key, or plain PEM')
    .option('--password-file <file>', 'its password (default: COSIGN_PASSWORD in the environment, or it is asked for)')
    .addOption(
      new Option('--format <format>', 'today’s form, the older one that skopeo and podman read, or both')
        .choices(['bundle', 'classic', 'both'])
        .default('bundle'),
    )
    .option('--generate-key <file>', 'make a new key instead; the public one goes to a file beside it')
    .action(async (image: string | undefined, flags: SignFlags) => {
      const { signOrGenerate } = await import('./sign-image.ts')
      await signOrGenerate(image, flags)
    })
  const verify = program
    .command('verify <image>')
    .description(`Verify who signed an image, without asking anybody else. An image is ${IMAGE_TO_SIGN}.`)
  withTrustFlags(withPlaceFlags(verify))
    .option('--predicate-type <type>', 'a signed statement of this type is wanted, in place of a signature')
    .action(async (image: string, flags: VerifyFlags) => {
      const { verifyImage } = await import('./verify-image.ts')
      await verifyImage(image, flags)
    })
}

function withPlaceFlags(command: Command): Command {
  return withConfig(command)
    .option('--creds-file <file>', 'USER:PASSWORD (default: what docker would sign in with)')
    .option('--insecure-http', 'let passwords travel unencrypted to another machine')
}
