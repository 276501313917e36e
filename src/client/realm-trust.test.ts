import { describe, expect, it } from 'bun:test'
import { mayHaveCredentials, registrableDomain } from './realm-trust.ts'

describe('what one owner has', () => {
  it.each([
    ['registry-1.docker.io', 'docker.io'],
    ['Auth.Docker.IO.', 'docker.io'],
    ['registry.gitlab.com', 'gitlab.com'],
    ['registry.example.co.uk', 'example.co.uk'],
    ['a.b.example.com.au', 'example.com.au'],
    ['me.github.io', 'me.github.io'],
    ['1.dkr.ecr.eu-west-1.amazonaws.com', '1.dkr.ecr.eu-west-1.amazonaws.com'],
    ['europe-docker.pkg.dev', 'europe-docker.pkg.dev'],
    ['localhost', 'localhost'],
    ['10.0.0.1', '10.0.0.1'],
  ])('%s: %s', (host, domain) => expect(registrableDomain(host)).toBe(domain))
})

describe('who may have the password', () => {
  const may = (realm: string, origin: string, trusted: readonly string[] = []) =>
    mayHaveCredentials(new URL(realm), new URL(origin), trusted)

  it.each([
    ['https://auth.docker.io/token', 'https://registry-1.docker.io'],
    ['https://gitlab.com/jwt/auth', 'https://registry.gitlab.com'],
    ['https://registry.example:5001/token', 'https://registry.example:5000'],
    ['https://10.0.0.1:5001/token', 'https://10.0.0.1:5000'],
    ['http://registry.example/token', 'http://registry.example'],
  ])('%s of %s', (realm, origin) => expect(may(realm, origin)).toBe(true))

  it.each([
    ...['ondigitalocean.app', 'railway.app', 'synology.me', 'ddns.net', 'firebaseapp.com', 'azureedge.net'],
    ...['herokuapp.com', 'vercel.app', 'netlify.app', 'pages.dev', 'workers.dev', 'fly.dev', 'onrender.com', 'web.app'],
    ...['cloudfront.net', 'eu-west-1.elb.amazonaws.com', 'a.run.app', 'appspot.com', 'duckdns.org', 'hopto.org'],
    ...['dyndns.org', 'no-ip.org', 'ts.net', 'ngrok-free.app', 'trycloudflare.com', 'nip.io', 'myqnapcloud.com'],
    ...['azurefd.net', 'b-cdn.net', 'replit.app', 'linodeobjects.com', 'gitlab.io', 'eu.azurecontainerapps.io'],
  ])('not one of %s of another there', (suffix) =>
    expect(may(`https://you.${suffix}/token`, `https://me.${suffix}`)).toBe(false),
  )

  it.each([
    ['https://auth.evil.example/token', 'https://registry.example.com'],
    ['https://10.0.0.2/token', 'https://10.0.0.1'],
    ['https://127.0.0.1/token', 'https://registry.example'],
    ['https://localhost/token', 'https://registry.localhost'],
    ['https://auth.dev.localhost/token', 'https://registry.dev.localhost'],
    ['https://you.azurecr.io/token', 'https://me.azurecr.io'],
    ['https://io/token', 'https://registry-1.docker.io'],
    ['http://registry.example/token', 'https://registry.example'],
    ['http://auth.docker.io/token', 'http://registry-1.docker.io'],
    ['ftp://registry.example/token', 'https://registry.example'],
  ])('not %s of %s', (realm, origin) => expect(may(realm, origin)).toBe(false))

  it('also whom an operator trusts', () => {
    expect(may('https://auth.other.example/token', 'https://registry.example', ['auth.other.example'])).toBe(true)
    expect(may('http://auth.other.example/token', 'https://registry.example', ['auth.other.example'])).toBe(false)
    expect(may('https://other.example/token', 'https://registry.example', ['auth.other.example'])).toBe(false)
  })
})
