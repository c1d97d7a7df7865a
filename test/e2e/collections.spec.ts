import { Fovea } from '@fovea/sdk';
import { fixture } from '@fovea/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPlatformProcess, type PlatformProcess } from '../chaos/platform-process.ts';
import { axeFindings, executablePath, launch, screenshot } from './browser.ts';

const WIDTHS = [
  ['desktop', { width: 1280, height: 900 }],
  ['phone', { width: 390, height: 844 }],
] as const;
const NAMES = [
  'cat-chelsea',
  'coffee',
  'rocket',
  'basketball-1',
  'basketball-2',
  'flower',
  'building',
  'orange',
];

describe.runIf(executablePath)('the pages of collections', { timeout: 90_000 }, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let platform: PlatformProcess;
  let folder: string;
  let errors: string[];
  let collectionId: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fovea-e2e-'));
    const copy = join(folder, 'rocket-small.jpg');
    await writeFile(copy, await sharp(fixture('rocket.jpg')).resize(600).jpeg({ quality: 90 }).toBuffer());
    [browser, platform] = await Promise.all([
      launch(),
      startPlatformProcess(join(folder, 'data'), { FOVEA_LOG_LEVEL: 'warn' }),
    ]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    platform?.child.kill('SIGTERM');
    await platform?.gone;
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    errors = [];
  });
  afterEach(async () => {
    await context?.close();
    expect(errors).toEqual([]);
  });

  async function visit(path: string, viewport: { width: number; height: number } = WIDTHS[0][1]) {
    context = await browser.newContext({ viewport });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(platform.url + path);
  }

  /** In both themes: no serious finding, nothing wider than the screen. */
  async function inspect(name: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      // Settled, not all: an animation whose element goes away meanwhile is aborted.
      await page.evaluate('Promise.allSettled(document.getAnimations().map((one) => one.finished))');
      await screenshot(page, `${name}-${colorScheme}`);
      expect(await axeFindings(page)).toEqual([]);
      const wide = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(wide).toBeLessThanOrEqual(0);
    }
    await page.emulateMedia({ colorScheme: 'light' });
  }

  it('makes a collection and adds pictures, of which a bad one fails alone', async () => {
    await visit('/collections');
    await page.getByRole('button', { name: 'New collection' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Samples 写真');
    await dialog.getByRole('button', { name: /^Create/ }).click();
    await page.getByRole('heading', { name: 'Samples 写真' }).waitFor();
    collectionId = new URL(page.url()).pathname.split('/')[2] ?? '';
    await writeFile(join(folder, 'broken.jpg'), 'no picture');
    await page
      .getByLabel('Pictures to add', { exact: true })
      .setInputFiles([
        ...NAMES.map((name) => fixture(`${name}.jpg`)),
        join(folder, 'rocket-small.jpg'),
        join(folder, 'broken.jpg'),
      ]);
    await page.getByText('broken.jpg').first().waitFor();
    await expect
      .poll(() => page.getByRole('list', { name: 'Pictures' }).getByRole('listitem').count())
      .toBe(9);
  });

  it.each(WIDTHS)('shows the list, the gallery and an item: %s', async (name, viewport) => {
    await visit('/collections', viewport);
    await page
      .getByRole('link', { name: /Samples/ })
      .first()
      .waitFor();
    await inspect(`collections-${name}`);
    await page.goto(`${platform.url}/collections/${collectionId}`);
    await page.getByRole('list', { name: 'Pictures' }).waitFor();
    await page.waitForLoadState('networkidle');
    await inspect(`collection-gallery-${name}`);
    await page.getByRole('button', { name: /^Open/ }).first().click();
    await page.getByRole('dialog').waitFor();
    await page.getByText('Metadata', { exact: true }).waitFor();
    await inspect(`collection-item-${name}`);
  });

  it.each(WIDTHS)('searches by text, by picture and by more like this: %s', async (name, viewport) => {
    await visit(`/collections/${collectionId}`, viewport);
    await page.getByRole('searchbox').fill('a cat');
    await page.keyboard.press('Enter');
    const results = page.getByRole('list', { name: 'Results' });
    await results.waitFor();
    expect(await results.getByRole('listitem').first().textContent()).toContain('cat-chelsea');
    await page.waitForLoadState('networkidle');
    await inspect(`collection-search-${name}`);

    await page
      .getByRole('button', { name: /^Explain/ })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('img').first().waitFor();
    await inspect(`collection-explain-${name}`);
    await page.keyboard.press('Escape');

    await page.goto(`${platform.url}/collections/${collectionId}`);
    await page.getByLabel('Pictures to search by').setInputFiles(fixture('basketball-1.jpg'));
    await results.waitFor();
    await expect.poll(() => results.getByRole('listitem').nth(1).textContent()).toContain('basketball-2');
    await page
      .getByRole('button', { name: /^More like/ })
      .first()
      .click();
    await page.getByRole('list', { name: 'Query' }).waitFor();
    await results.waitFor();
  });

  it.each(WIDTHS)('shows duplicates, the map and the index: %s', async (name, viewport) => {
    await visit(`/collections/${collectionId}`, viewport);
    await page.getByRole('button', { name: 'Duplicates' }).click();
    await page.getByText('rocket-small.jpg').filter({ visible: true }).first().waitFor();
    await inspect(`collection-duplicates-${name}`);
    await page.getByRole('button', { name: 'Map', exact: true }).click();
    await page.getByRole('application').waitFor();
    await page.waitForLoadState('networkidle');
    await inspect(`collection-map-${name}`);
    await page.getByRole('application').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Index', exact: true }).click();
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Equal').first().waitFor();
    await inspect(`collection-index-${name}`);
  });

  it('searches the catalog by meaning', async () => {
    const fovea = new Fovea({ baseUrl: platform.url });
    for (const name of ['coffee', 'rocket'])
      await fovea.run('classification', await sharp(fixture(`${name}.jpg`)).toBuffer());
    await expect
      .poll(async () => (await fovea.runs.list({ about: 'a cup of coffee' })).items.length, {
        timeout: 30_000,
      })
      .toBe(2);
    await visit('/catalog');
    await page.getByRole('searchbox', { name: 'Search by meaning' }).fill('a cup of coffee');
    await expect.poll(() => page.url()).toContain('about=');
    await page.getByRole('list', { name: 'Runs' }).getByRole('listitem').nth(1).waitFor();
    await page.waitForLoadState('networkidle');
    await inspect('catalog-meaning-desktop');
  });
});
