import { codeVersion, openApi, Registry, repositoryRoot } from '@fovea/host';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { APPLICATIONS } from './applications.ts';

it('docs/openapi.json is what the schemas say (npm run test:unit -- -u writes it)', async () => {
  const document = openApi(
    new Registry({ applications: APPLICATIONS }).list(),
    codeVersion(repositoryRoot()),
  );
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(
    join(repositoryRoot(), 'docs', 'openapi.json'),
  );
});
