import { isIP } from 'node:net'
import { isLoopback } from '../lib/addresses.ts'
import { hostOf } from './guarded-connection.ts'

/** Below these everybody may have a name, so that only the whole host is one owner's. */
const HOSTING = new Set(
  [
    // Registries and stores of the large clouds.
    'aliyuncs.com amazonaws.com amazonaws.com.cn appdomain.cloud appspot.com awsapprunner.com',
    'awsglobalaccelerator.com azure-api.net azure.com azurecontainer.io azurecontainerapps.io azurecr.cn',
    'azurecr.io azurecr.us azureedge.net azurefd.net azurestaticapps.net azurewebsites.net',
    'backblazeb2.com blogspot.com cloudapp.net cloudfront.net cloudfunctions.net digitaloceanspaces.com',
    'elasticbeanstalk.com firebaseapp.com googleapis.com googleusercontent.com hosted.app',
    'linodeobjects.com linodeusercontent.com myhuaweicloud.com myqcloud.com ocir.io on.aws',
    'ondigitalocean.app oraclecloud.com oraclecloudapps.com ovh.net pkg.dev run.app scw.cloud',
    'tencentcloudcr.com trafficmanager.net vultrcr.com vultrobjects.com wasabisys.com web.app windows.net',
    'yandexcloud.net your-objectstorage.com your-server.de your-storageshare.de',
    // Programs and pages of everybody.
    'akamaiedge.net akamaihd.net akamaized.net b-cdn.net cdn77.org cleverapps.io cloudsmith.io code.run',
    'codeberg.page deno.dev deno.net dokku.me edgecompute.app encr.app fastly.net fastlylb.net fly.dev',
    'gigalixirapp.com github.dev github.io githubpreview.dev gitlab.io gitpod.io glitch.me herokuapp.com',
    'hf.space jfrog.io koyeb.app netlify.app northflank.app now.sh onrender.com openshiftapps.com',
    'pages.dev platform.sh platformsh.site pythonanywhere.com r2.dev railway.app render.com repl.co',
    'replit.app replit.dev rlwy.net scalingo.io surge.sh val.run vercel.app webcontainer.io wixsite.com',
    'workers.dev zeabur.app',
    // Names for machines at home, tunnels, names that are addresses.
    'afraid.org asuscomm.com bounceme.net cfargotunnel.com changeip.com ddns.me ddns.net devtunnels.ms',
    'diskstation.me dscloud.biz dscloud.me duckdns.org dy.fi dyndns.biz dyndns.info dyndns.org dyndns.tv',
    'dynu.net dynv6.net freeddns.org gotdns.ch homeip.net homelinux.org homeunix.org hopto.me hopto.org',
    'i234.me keenetic.link keenetic.pro lhr.life lhr.rocks loca.lt local.direct localtest.me',
    'localtunnel.me lvh.me mooo.com myasustor.com myds.me myftp.biz myftp.org myqnapcloud.com myvnc.com',
    'mywire.org ngrok-free.app ngrok-free.dev ngrok-free.pizza ngrok.app ngrok.dev ngrok.io ngrok.pizza',
    'nip.io no-ip.biz no-ip.ca no-ip.info no-ip.net no-ip.org noip.me noip.us pagekite.me plex.direct',
    'qnapclub.com quickconnect.to redirectme.net selfhost.eu servebeer.com serveblog.net serveftp.com',
    'serveftp.net servegame.com servehttp.com serveminecraft.net serveo.net spdns.de sslip.io synology.me',
    'sytes.net tplinkdns.com traefik.me trycloudflare.com ts.net tunnelmole.net webhop.me webhop.org',
    'xip.io zapto.org zrok.io',
  ].flatMap((line) => line.split(' ')),
)

/** `co.uk`, `com.au`, `or.jp`: a general second level below a country. */
const GENERAL_SECOND_LEVEL = new Set([
  ...['ac', 'co', 'com', 'edu', 'go', 'gob', 'gouv', 'gov', 'govt', 'gv', 'info', 'ltd', 'me', 'mil', 'ne', 'net'],
  ...['nom', 'or', 'org', 'plc', 'sch', 'school', 'web', 'id', 'in', 'k12', 'nhs', 'police', 'asn', 'geek', 'gen'],
])

/** What one owner has, as far as that can be told without the list of public suffixes: rather too little than too much. */
export function registrableDomain(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, '')
  const labels = name.split('.')
  if (isIP(name) !== 0 || labels.length < 2) return name
  if (labels.some((_label, at) => HOSTING.has(labels.slice(at).join('.')))) return name
  const [second = '', top = ''] = labels.slice(-2)
  const isGeneral = top.length === 2 && (GENERAL_SECOND_LEVEL.has(second) || second.length <= 2)
  return labels.slice(isGeneral ? -3 : -2).join('.')
}

/**
 * Whether our password may be sent to the address that a challenge of `origin` names. Whoever can answer for the
 * registry writes the challenge, so it must not choose who gets the password (CVE-2020-15157, CVE-2026-33540).
 */
export function mayHaveCredentials(realm: URL, origin: URL, trustedHosts: readonly string[]): boolean {
  if (realm.protocol !== 'https:' && origin.protocol === 'https:') return false
  if (realm.hostname === origin.hostname) return true
  // To another host never in plain text.
  if (realm.protocol !== 'https:') return trustedHosts.includes(realm.host)
  if (trustedHosts.includes(realm.host) || trustedHosts.includes(realm.hostname)) return true
  const host = hostOf(realm)
  // An address is its own domain, so it is another's never; and so must be this machine.
  if (isLoopback(host) || host.endsWith('.localhost')) return false
  return registrableDomain(host) === registrableDomain(hostOf(origin))
}
