import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { VisionError, type BlobInfo } from '@fovea/contracts';
import { sniffMedia, thumbnail } from '@fovea/imaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createReadStream } from 'node:fs';
import { Engine } from '../engine/engine.ts';
import { readBytes } from './form.ts';
import { header, OWNER, queryOf } from './exchange.ts';

const THUMB_SIZES = [160, 320, 640];

@Controller('v1/blobs')
export class BlobsController {
  constructor(@Inject(Engine) private readonly engine: Engine) {}

  /** The body is the blob; the same bytes twice are one blob. */
  @Post()
  @HttpCode(201)
  async put(@Req() request: FastifyRequest): Promise<BlobInfo> {
    const { bytes } = await readBytes(request.raw, this.engine.settings.maxBytes, 'the blob');
    if (bytes.byteLength === 0)
      throw new VisionError('INVALID_REQUEST', 'the body is empty: send the bytes of the blob');
    const sent = header(request, 'content-type')?.split(';')[0];
    return this.engine
      .needCatalog()
      .blobs.put(OWNER, bytes, sniffMedia(bytes)?.mime ?? sent ?? 'application/octet-stream', {
        reference: true,
      });
  }

  /** Content-addressed, so it never changes: ETag = its hash. One byte range; `?thumb=160|320|640` is a WebP of that size. */
  @Get(':sha256')
  async get(
    @Param('sha256') sha256: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const blob = /^[0-9a-f]{64}$/.test(sha256)
      ? await this.engine.needCatalog().blobs.get(OWNER, sha256)
      : null;
    if (!blob) throw new VisionError('NOT_FOUND', `there is no blob ${sha256.slice(0, 80)}`);
    const { thumb } = queryOf(request);
    const etag = `"${sha256}${thumb === undefined ? '' : `-${String(thumb)}`}"`;
    void reply
      .header('etag', etag)
      .header('cache-control', 'private, max-age=31536000, immutable')
      .header('x-content-type-options', 'nosniff')
      .header('content-security-policy', "default-src 'none'; sandbox");
    if (header(request, 'if-none-match') === etag) {
      await reply.status(304).send();
      return;
    }
    if (thumb !== undefined) {
      await this.thumb(sha256, String(thumb), reply);
      return;
    }
    const range = byteRange(header(request, 'range'), blob.bytes);
    void reply.header('content-type', blob.mime).header('accept-ranges', 'bytes');
    if (range === 'unsatisfiable') {
      await reply.status(416).header('content-range', `bytes */${blob.bytes}`).send();
      return;
    }
    const { start, end } = range ?? { start: 0, end: blob.bytes - 1 };
    if (range) void reply.status(206).header('content-range', `bytes ${start}-${end}/${blob.bytes}`);
    void reply.header('content-length', end - start + 1);
    await reply.send(createReadStream(blob.path, { start, end }));
  }

  private async thumb(sha256: string, text: string, reply: FastifyReply): Promise<void> {
    const size = Number(text);
    if (!THUMB_SIZES.includes(size))
      throw new VisionError('INVALID_PARAMETER', `thumb must be one of ${THUMB_SIZES.join(', ')}`);
    const { bytes } = await thumbnail(await this.engine.readBlob(OWNER, sha256), { size });
    await reply
      .header('content-type', 'image/webp')
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
}

/** One range of RFC 9110; several ranges or other units are answered with the whole. */
export function byteRange(
  header: string | undefined,
  length: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, first = '', last = ''] = match;
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
  if (start >= length || start > end) return 'unsatisfiable';
  return { start, end };
}
