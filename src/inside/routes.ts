import { z } from 'zod'
import type { Config } from '../config/schema.ts'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { fileReply } from '../http/api/file-reply.ts'
import { imageAt, oneImage } from '../http/api/image-call.ts'
import { chooseImage, platformQuery } from '../inventory/choose-image.ts'
import { Problem } from '../lib/problem.ts'
import { askInside, type LookOrder } from './apart.ts'
import { compareRoutes } from './compare-routes.ts'
import { entrySchema, type Looked, lookedSchema } from './look.ts'
import { readInside } from './read-inside.ts'

const path = z.string().max(4096)
const layer = z.string().max(200).optional().describe('Digest of a layer: only that one, as it is.')

export function insideRoutes(config: () => Config): readonly ApiRoute[] {
  return [
    ...compareRoutes(config),
    define('GET /repositories/{repository}/images/{reference}/files', {
      id: 'listFiles',
      access: 'repository:pull',
      summary: 'A folder of an image, or of one layer of it; or files anywhere in it by a part of their path.',
      parameters: oneImage,
      query: z.strictObject({
        path: path.default('/').describe('A folder; links on the way are followed inside of the image.'),
        q: z.string().min(1).max(255).optional().describe('Instead: every file whose path has this.'),
        ...{ platform: platformQuery, layer },
        after: path.default('').describe('The "next" of the page before.'),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      response: z.strictObject({
        state: lookedSchema.shape.state.describe(
          'Anything but "complete": some files may be missing, for the reasons given.',
        ),
        reasons: z.array(z.string()),
        entry: entrySchema
          .optional()
          .describe('What is at the path once its links are followed; absent where nothing is, and with "q".'),
        items: z.array(entrySchema),
        next: z.string().optional().describe('Pass it as "after" for the next page; absent on the last.'),
      }),
      handle: async (call) => {
        const at = await imageAt(call)
        const { platform, path: folder, ...query } = call.query
        const digest = await chooseImage(call.registry.database.reader, at, platform)
        call.http.takeTheTime()
        const order = { ...query, image: { spot: at.spot, digest }, path: folder }
        const { state, reasons, target, items, next } = await looked(config(), order)
        const entry = query.q === undefined ? target?.entry : undefined
        return { state, reasons, ...(entry && { entry }), items, ...(next !== undefined && { next }) }
      },
    }),
    define('GET /repositories/{repository}/images/{reference}/file', {
      id: 'readFile',
      access: 'repository:pull',
      summary: 'The bytes of one file of an image, or of one layer of it. One range of them may be asked for.',
      parameters: oneImage,
      query: z.strictObject({
        path: path.describe('Links are followed inside of the image.'),
        ...{ platform: platformQuery, layer },
      }),
      raw: true,
      mediaType: 'application/octet-stream',
      handle: async (call) => {
        const at = await imageAt(call)
        const { platform, path: wanted, layer: only } = call.query
        const digest = await chooseImage(call.registry.database.reader, at, platform)
        call.http.takeTheTime()
        const place = { image: { spot: at.spot, digest }, path: wanted, layer: only }
        const { target } = await looked(config(), { ...place, after: '', limit: 0 })
        if (target?.entry.type !== 'file') throw new Problem('not-found', 'there is no file at this path of the image')
        const options = { registry: call.registry, limits: config().scanning.limits, signal: call.http.request.signal }
        return fileReply(call.http.request, target.entry.name, await readInside(target, options))
      },
    }),
  ]
}

/** @throws Problem when not all of the image is here */
async function looked(config: Config, order: Omit<LookOrder, 'task'>): Promise<Looked> {
  return lookedSchema.parse(await askInside(config, { task: 'look', ...order }))
}
