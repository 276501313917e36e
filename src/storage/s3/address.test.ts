import { describe, expect, it } from 'bun:test'
import { parseS3Address } from './address.ts'

describe('the address of a bucket', () => {
  it('is AWS without an endpoint', () => {
    expect(parseS3Address('s3://images/registry/one?region=eu-central-1')).toMatchObject({
      ...{ bucket: 'images', prefix: 'registry/one/', region: 'eu-central-1' },
      ...{ endpoint: undefined, pathStyle: false, accessKeyFile: undefined },
    })
  })

  it('puts the bucket into the path of any other server, unless told otherwise', () => {
    const address = 's3://images?endpoint=https://s3.test:9000'
    expect(parseS3Address(address)).toMatchObject({ prefix: '', pathStyle: true, region: 'us-east-1' })
    expect(parseS3Address(`${address}&pathStyle=false`).pathStyle).toBe(false)
  })

  it('takes encryption and storage class', () => {
    expect(parseS3Address('s3://images?region=r&sse=aws:kms&kmsKeyId=key/1&storageClass=STANDARD_IA')).toMatchObject({
      ...{ sse: 'aws:kms', kmsKeyId: 'key/1', storageClass: 'STANDARD_IA' },
    })
  })

  it.each([
    ['s3://images?regoin=x', /no parameter "regoin"; it knows region, endpoint, /],
    ['s3://images?region=a&region=b', /"region" needs one value/],
    ['s3://images?region=', /"region" needs one value/],
    ['s3:///prefix', /not the name of a bucket/],
    ['s3://KEY:SECRET@images', /credentials do not belong into the address/],
    ['s3://images?endpoint=s3.test', /endpoint must be http/],
    ['s3://images?endpoint=https://key:secret@s3.test', /endpoint must be http/],
    ['s3://images?pathStyle=yes', /pathStyle is true or false/],
    ['s3://images?sse=rot13', /sse is AES256 or aws:kms/],
    ['s3://images?kmsKeyId=1', /kmsKeyId needs sse=aws:kms/],
    ['s3://images?sse=AES256&sseCustomerKeyFile=/key', /excludes sse/],
    ['s3://images/a%20b', /the prefix "a b"/],
    ['s3://images/a/../b%2F..', /prefix/],
  ])('%s is refused', (text, why) => {
    expect(() => parseS3Address(text)).toThrow(why)
    expect(() => parseS3Address(text)).not.toThrow(/SECRET/)
  })
})
