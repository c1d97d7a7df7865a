import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asVisionError } from './problem.ts';
import { readRunBody } from './body.ts';

const MAX_BYTES = 1000;
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    readRunBody(request, {
      maxBytes: MAX_BYTES,
      primary: 'image',
      resolve: (source) => Promise.resolve({ bytes: new TextEncoder().encode(JSON.stringify(source)) }),
    }).then(
      (body) => {
        const inputs = Object.fromEntries(
          Object.entries(body.inputs).map(([name, list]) => [
            name,
            list.map(({ bytes }) => Buffer.from(bytes).toString()),
          ]),
        );
        response.end(JSON.stringify({ ...body, inputs }));
      },
      (error: unknown) =>
        response
          .writeHead(asVisionError(error).status)
          .end(JSON.stringify({ code: asVisionError(error).code })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const post = async (body: RequestInit['body'], type?: string): Promise<unknown> => {
  const response = await fetch(url, {
    method: 'POST',
    body: body ?? null,
    ...(type ? { headers: { 'content-type': type } } : {}),
  });
  return response.json();
};
const form = (...fields: [string, string | Blob][]) => {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  return data;
};

describe('readRunBody', () => {
  it('takes the primary input raw', async () =>
    expect(await post('pixels', 'image/jpeg')).toEqual({ inputs: { image: ['pixels'] } }));
  it('takes a form with parameters, a model and several files', async () =>
    expect(
      await post(
        form(
          ['image', new Blob(['one'])],
          ['image', new Blob(['two'])],
          ['params', '{"topK": 3}'],
          ['model', 'm'],
        ),
      ),
    ).toEqual({ inputs: { image: ['one', 'two'] }, params: { topK: 3 }, model: 'm' }));
  it('takes URLs and blobs in a form', async () => {
    const sha256 = 'a'.repeat(64);
    expect(await post(form(['image', 'https://example.org/cat.jpg'], ['style', sha256]))).toEqual({
      inputs: { image: ['{"url":"https://example.org/cat.jpg"}'], style: [`{"blob":"${sha256}"}`] },
    });
  });
  it('takes JSON with base64, a data URL, and `input` for the primary', async () => {
    const base64 = Buffer.from('pixels').toString('base64');
    expect(
      await post(JSON.stringify({ inputs: { image: { base64 } }, params: { a: 1 } }), 'application/json'),
    ).toEqual({
      inputs: { image: ['pixels'] },
      params: { a: 1 },
    });
    expect(
      await post(
        JSON.stringify({ input: [{ base64: `data:image/png;base64,${base64}` }, { base64 }] }),
        'application/json',
      ),
    ).toEqual({
      inputs: { image: ['pixels', 'pixels'] },
    });
  });
  it('takes an empty request as one without inputs', async () =>
    expect(await post(undefined)).toEqual({ inputs: {} }));

  it.each([
    ['a raw body that is too large', 'x'.repeat(MAX_BYTES + 1), 'image/png', 'PAYLOAD_TOO_LARGE'],
    ['text', 'hello', 'text/plain', 'UNSUPPORTED_MEDIA'],
    ['broken JSON', '{"inputs": ', 'application/json', 'INVALID_REQUEST'],
    ['JSON of another shape', '{"picture": 1}', 'application/json', 'INVALID_REQUEST'],
    [
      'two sources at once',
      '{"input": {"url": "https://a.example/", "base64": "aa"}}',
      'application/json',
      'INVALID_REQUEST',
    ],
    [
      'a URL of another kind',
      '{"input": {"url": "file:///etc/passwd"}}',
      'application/json',
      'INVALID_REQUEST',
    ],
    ['something that is not base64', '{"input": {"base64": "?!"}}', 'application/json', 'INVALID_REQUEST'],
    ['a form without a boundary', 'x', 'multipart/form-data', 'INVALID_REQUEST'],
    [
      'a form that is cut short',
      '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\npix',
      'multipart/form-data; boundary=b',
      'INVALID_REQUEST',
    ],
  ])('refuses %s', async (_what, body, type, code) => expect(await post(body, type)).toEqual({ code }));

  it.each([
    ['a file that is too large', form(['image', new Blob(['x'.repeat(MAX_BYTES + 1)])]), 'PAYLOAD_TOO_LARGE'],
    [
      'files that are too many',
      form(...Array.from({ length: 65 }, (): [string, Blob] => ['image', new Blob(['x'])])),
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'files that are too large together',
      form(...Array.from({ length: 9 }, (): [string, Blob] => ['image', new Blob(['x'.repeat(MAX_BYTES)])])),
      'PAYLOAD_TOO_LARGE',
    ],
    ['params that are not JSON', form(['params', 'topK=3']), 'INVALID_REQUEST'],
    ['a field that is no input', form(['image', 'cat.jpg']), 'INVALID_REQUEST'],
  ])('refuses %s', async (_what, body, code) => expect(await post(body)).toEqual({ code }));

  it('stops reading a body without a length at the limit', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        url,
        { method: 'POST', headers: { 'content-type': 'image/png' } },
        (response) => {
          resolve(response.statusCode ?? 0);
          request.destroy();
        },
      );
      request.on('error', reject);
      for (let sent = 0; sent <= MAX_BYTES; sent += 500) request.write(Buffer.alloc(500));
    });
    expect(status).toBe(413);
  });
});
