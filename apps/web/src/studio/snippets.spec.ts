import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { RunRequest } from './run-request.ts';
import { cliSnippet, curlSnippet, sdkSnippet, shellQuote } from './snippets.ts';

const options = { baseUrl: 'http://localhost:3000', withKey: false };
const file = (name: string) => ({ type: 'file', file: new File(['x'], name) }) as const;
const base: RunRequest = {
  task: 'classification',
  inputs: { image: file('cat.jpg') },
  params: {},
  model: undefined,
  models: {},
};

/** What a real shell makes of a command line: its words. */
function words(command: string): string[] {
  return execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

describe('shellQuote', () => {
  it.each([
    'cat.jpg',
    'my cat.jpg',
    "it's a cat.jpg",
    '$(reboot).jpg',
    '`id`',
    'a"b\\c',
    '*',
    '',
    '-rf',
    'line\nbreak',
  ])('gives %j back as one word', (word) => {
    expect(words(shellQuote(word))).toEqual([word]);
  });
});

describe('curlSnippet', () => {
  it('sends a file as multipart and nothing that is default', () => {
    expect(words(curlSnippet(base, options))).toEqual([
      'curl',
      'http://localhost:3000/v1/tasks/classification',
      '-F',
      'image=@cat.jpg',
    ]);
  });

  it('keeps parameters and file names whole through the shell and through curl', () => {
    const request: RunRequest = {
      ...base,
      inputs: { image: file(`Bob's "best"; cat.jpg`) },
      params: { labels: ["can't", '$HOME'], topK: 3 },
      model: 'efficientnet-lite2',
    };
    expect(words(curlSnippet(request, options)).slice(2)).toEqual([
      '-F',
      `image=@"Bob's \\"best\\"; cat.jpg"`,
      '--form-string',
      'params={"labels":["can\'t","$HOME"],"topK":3}',
      '--form-string',
      'model=efficientnet-lite2',
    ]);
  });

  it('sends an address as JSON', () => {
    const request: RunRequest = {
      ...base,
      inputs: { image: { type: 'url', url: 'https://example.org/a.jpg?x=1&y=2' } },
      params: { topK: 3 },
    };
    const [, , , header, , body] = words(curlSnippet(request, options));
    expect(header).toBe('Content-Type: application/json');
    expect(JSON.parse(body ?? '')).toEqual({
      inputs: { image: { url: 'https://example.org/a.jpg?x=1&y=2' } },
      params: { topK: 3 },
    });
  });

  it('leaves the key to the environment', () => {
    const command = curlSnippet(base, { ...options, withKey: true });
    expect(command).toContain('-H "Authorization: Bearer $FOVEA_API_KEY"');
  });
});

describe('sdkSnippet', () => {
  it('is the program that was run', () => {
    const request: RunRequest = {
      ...base,
      params: { topK: 3, 'odd-name': "it's" },
      model: 'efficientnet-lite2',
    };
    expect(sdkSnippet(request, options)).toBe(
      [
        `import { openAsBlob } from 'node:fs';`,
        `import { Fovea } from '@fovea/sdk';`,
        '',
        `const fovea = new Fovea({ baseUrl: 'http://localhost:3000' });`,
        `const { result } = await fovea.run('classification', await openAsBlob('cat.jpg'), { topK: 3, 'odd-name': 'it\\'s' }, { model: 'efficientnet-lite2' });`,
        'console.log(result);',
      ].join('\n'),
    );
  });

  it('leaves out what is default', () => {
    const request: RunRequest = { ...base, inputs: { image: { type: 'blob', sha256: 'ab' } } };
    expect(sdkSnippet(request, options)).toContain(`fovea.run('classification', { blob: 'ab' });`);
  });
});

describe('cliSnippet', () => {
  it('writes parameters as flags', () => {
    const request: RunRequest = {
      ...base,
      inputs: { image: file('my cat.jpg') },
      params: { topK: 3, labels: ['tabby', 'tiger cat'], polygons: true },
      model: 'efficientnet-lite2',
    };
    expect(words(cliSnippet(request, options)).slice(5)).toEqual([
      'classification',
      'my cat.jpg',
      '--top-k',
      '3',
      '--labels',
      'tabby',
      '--labels',
      'tiger cat',
      '--polygons',
      '--model',
      'efficientnet-lite2',
      '--server',
      'http://localhost:3000',
    ]);
  });

  it('keeps list entries with commas whole, and files that look like options', () => {
    const request: RunRequest = {
      ...base,
      inputs: { image: file('-x.jpg') },
      params: { labels: ['a,b', 'c'] },
    };
    expect(words(cliSnippet(request, options)).slice(6, 9)).toEqual(['./-x.jpg', '--labels', '["a,b","c"]']);
  });

  it('fetches a picture of the catalog first', () => {
    const request: RunRequest = { ...base, inputs: { image: { type: 'blob', sha256: 'ab' } } };
    expect(cliSnippet(request, options).split('\n')).toEqual([
      'curl -o image.jpg http://localhost:3000/v1/blobs/ab',
      'npm run fovea -- run classification image.jpg --server http://localhost:3000',
    ]);
  });
});
