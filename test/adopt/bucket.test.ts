import { setDefaultTimeout, test, expect } from 'bun:test'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { check } from '../conformance/support/check.ts'
import { checkManifest, listTags } from '../conformance/support/manifests.ts'
import { PATIENCE_MS, registryAt } from '../e2e/support/server.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import { describeWithGateway, gateway } from '../support/rgw.ts'
import { readAll, withAdopted } from './support/adopted.ts'
import { APP, CONTENT, NESTED, pushContent, TAGS } from './support/trees.ts'

setDefaultTimeout(2 * PATIENCE_MS)

describeWithGateway('a bucket of docker-registry', () => {
  test.skipIf(Bun.which('docker-registry') === null && process.env.CI !== 'true')(
    'is served where it lies, and left as it is',
    async () => {
      const { endpoint, accessKeyId, secretAccessKey, keyFile, makeBucket } = await gateway()
      const bucket = await makeBucket()
      const peer = await startDockerRegistry({
        s3: {
          ...{ accesskey: accessKeyId, secretkey: secretAccessKey, region: 'us-east-1', bucket },
          ...{ regionendpoint: endpoint, secure: false, v4auth: true, rootdirectory: '/some/root' },
        },
      })
      await pushContent((name) => ({ registry: registryAt(peer.url), name }))
      await peer.stop()
      const client = new S3Client({
        ...{ endpoint, region: 'us-east-1', forcePathStyle: true },
        credentials: { accessKeyId, secretAccessKey },
      })
      const listing = async () => {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
        return Contents.map(({ Key, ETag, LastModified }) => `${Key} ${ETag} ${LastModified?.toISOString()}`)
      }
      const before = await listing()
      const place = `s3://${bucket}/some/root?${new URLSearchParams({ endpoint, accessKeyFile: keyFile })}`
      await withAdopted(
        place,
        async (world) => {
          const { large, both } = CONTENT
          await checkManifest({ registry: world, name: APP }, 'v1', large.manifest)
          check(await world.send('GET', `/v2/${APP}/blobs/${large.config.digest}`), {
            status: 200,
            body: large.config.bytes,
          })
          await readAll(world, place)
          for (const name of [APP, NESTED]) {
            const { tags } = JSON.parse((await listTags({ registry: world, name })).text)
            expect(tags).toEqual(Object.keys(TAGS[name] ?? {}))
          }
          await checkManifest({ registry: world, name: APP }, 'multi', both)
          const elsewhere = check(await world.send('GET', `/v2/${NESTED}/blobs/${large.layer.digest}`), { status: 307 })
          const answer = await fetch(elsewhere.headers.get('location') ?? '')
          expect(await answer.bytes()).toEqual(large.layer.bytes)
          expect(await listing()).toEqual(before)
        },
        { redirect: { mode: 'on' } },
      )
    },
  )
})
