import type { RunPage } from '@fovea/contracts';
import { fixture } from '@fovea/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPlatformProcess, type PlatformProcess } from '../chaos/platform-process.ts';
import { axeFindings, executablePath, launch, screenshot } from './browser.ts';

const WIDTHS = [
  ['desktop', { width: 1440, height: 900 }],
  ['phone', { width: 390, height: 844 }],
] as const;

describe.runIf(executablePath)('the web page', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let platform: PlatformProcess;
  let dataDir: string;
  let errors: string[];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'fovea-e2e-'));
    [browser, platform] = await Promise.all([
      launch(),
      startPlatformProcess(dataDir, { FOVEA_LOG_LEVEL: 'warn' }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    platform?.child.kill('SIGTERM');
    await platform?.gone;
    await rm(dataDir, { recursive: true, force: true });
  });
  beforeEach(() => {
    errors = [];
  });
  afterEach(async () => {
    await context?.close();
    expect(errors).toEqual([]);
  });

  /** A new page that collects what goes wrong in it. */
  async function visit(
    path: string,
    viewport: { width: number; height: number } = WIDTHS[0][1],
  ): Promise<void> {
    context = await browser.newContext({ viewport, permissions: ['clipboard-read', 'clipboard-write'] });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(platform.url + path);
  }

  /** Drops files on the page as a person does. */
  async function drop(...names: string[]): Promise<void> {
    const files = await Promise.all(
      names.map(async (name) => ({ name, base64: (await readFile(fixture(name))).toString('base64') })),
    );
    const transfer = await page.evaluateHandle((dropped) => {
      const data = new DataTransfer();
      for (const { name, base64 } of dropped) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], name, { type: 'image/jpeg' }));
      }
      return data;
    }, files);
    for (const event of ['dragenter', 'dragover', 'drop'])
      await page.dispatchEvent('main', event, { dataTransfer: transfer });
  }

  const seesCat = () =>
    page
      .getByRole('listitem')
      .filter({ hasText: /Egyptian cat/ })
      .first()
      .waitFor();
  const storedRuns = async () =>
    ((await (await fetch(`${platform.url}/v1/runs`)).json()) as RunPage).items.length;

  it('names a dropped picture, keeps the run, finds it and deletes it', async () => {
    await visit('/');
    await drop('cat-chelsea.jpg');
    await seesCat();
    await screenshot(page, 'studio-desktop');
    expect(await axeFindings(page)).toEqual([]);
    expect(await storedRuns()).toBe(1);

    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Catalog' }).click();
    await page.getByRole('searchbox').fill('egyptian');
    await page.getByRole('link', { name: /Egyptian cat/ }).click();
    await page.getByRole('heading', { level: 1, name: /Egyptian cat/ }).waitFor();
    await page
      .getByText(/[0-9a-f]{64}/)
      .first()
      .waitFor();
    await screenshot(page, 'run-desktop');
    expect(await axeFindings(page)).toEqual([]);

    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText(/same/i).first().waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Delete the run' }).click();
    await page.getByText(/was deleted/).waitFor();
    expect(await storedRuns()).toBe(1); // the replay is a run of its own
  });

  it('runs several dropped files side by side', async () => {
    await visit('/');
    await drop('cat-chelsea.jpg', 'coffee.jpg', 'flower.jpg');
    await page.getByRole('button', { name: /coffee/ }).click();
    await page
      .getByRole('listitem')
      .filter({ hasText: /espresso/ })
      .first()
      .waitFor();
  });

  it('says what is wrong with a file that is no picture', async () => {
    await visit('/');
    await page
      .getByLabel('Files')
      .setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('just words') });
    await page.getByText('This kind of file is not read', { exact: true }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    errors = errors.filter((error) => !error.includes('415')); // the browser reports the answer itself
  });

  it('works with the keyboard alone', async () => {
    await visit('/');
    await page.getByRole('button', { name: /cat/i }).first().focus();
    await page.keyboard.press('Enter');
    await seesCat();
  });

  it('shows the models and the device', async () => {
    await visit('/models');
    await page
      .getByRole('link', { name: /efficientnet-lite0/i })
      .first()
      .click();
    await page.getByRole('heading', { level: 1, name: /efficientnet-lite0/i }).waitFor();
    await page.getByText('Apache-2.0').first().waitFor();
    await screenshot(page, 'model-desktop');
    expect(await axeFindings(page)).toEqual([]);
  });

  it('says so where there is nothing', async () => {
    await visit('/catalog/01a209a0-8092-71c2-a584-fd29df059845');
    await page.getByText(/there is no run/).waitFor();
    errors = errors.filter((error) => !error.includes('404'));
  });

  it.each(WIDTHS)('fits a %s, light and dark', async (name, viewport) => {
    for (const path of ['/', '/catalog', '/models']) {
      await visit(path, viewport);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `${path} is wider than the ${name}`).toBeLessThanOrEqual(0);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await screenshot(page, `${path === '/' ? 'studio-empty' : path.slice(1)}-${name}-${colorScheme}`);
        expect(await axeFindings(page), `${path} ${colorScheme}`).toEqual([]);
      }
      await context.close();
    }
  });
});
