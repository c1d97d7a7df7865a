import type { RunEnvelope } from '@fovea/contracts';
import { decodeImage } from '@fovea/imaging';
import { fixture } from '@fovea/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPlatformProcess, type PlatformProcess } from '../chaos/platform-process.ts';
import { axeFindings, executablePath, launch, screenshot } from './browser.ts';

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const TASKS = ['detection', 'segmentation', 'semantic-segmentation', 'pose', 'hands', 'faces'] as const;
const SAMPLE = {
  detection: 'Coffee',
  segmentation: 'Grace Hopper',
  'semantic-segmentation': 'Cat',
  pose: 'Basketball',
  hands: 'Block',
  faces: 'Astronaut',
} as const;

describe.runIf(executablePath)('overlays of the page', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let platform: PlatformProcess;
  let dataDir: string;
  let errors: string[];
  /** Runs that the page has asked for. */
  let runs: string[];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'fovea-overlays-'));
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
    runs = [];
  });
  afterEach(async () => {
    await context?.close();
    expect(errors).toEqual([]);
  });

  /** The Studio of a task, after its sample has been run. */
  async function runSample(
    task: (typeof TASKS)[number],
    options: { viewport?: typeof DESKTOP; hasTouch?: boolean; sample?: string } = {},
  ): Promise<RunEnvelope> {
    const { viewport = DESKTOP, hasTouch = false, sample = SAMPLE[task] } = options;
    context = await browser.newContext({ viewport, hasTouch, reducedMotion: 'reduce' });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('request', (request) => {
      if (request.method() === 'POST') runs.push(request.url());
    });
    await page.goto(`${platform.url}/studio/${task}`);
    const answer = page.waitForResponse((response) => response.url().endsWith(`/v1/tasks/${task}`));
    await page.getByRole('button', { name: `Sample: ${sample}`, exact: true }).click();
    const envelope = (await (await answer).json()) as RunEnvelope;
    await result().getByText('Server time').waitFor();
    await canvas().waitFor();
    // To reach the samples the page may have been scrolled, and the picture gone under the bar at the top.
    await page.evaluate('scrollTo(0, 0)');
    return envelope;
  }

  const result = (): Locator => page.getByRole('region', { name: 'Result' });
  const rows = (): Locator => page.getByRole('list', { name: 'Found' }).getByRole('button');
  const canvas = (): Locator => page.locator('canvas');
  const count = (): Promise<string> => page.locator('output').innerText();
  /** The pixels of the overlay, as a hash: they change when what is drawn changes. */
  const drawn = (): Promise<string> => canvas().evaluate((element: HTMLCanvasElement) => element.toDataURL());
  const isHighlighted = async (row: Locator): Promise<boolean> =>
    /highlighted/.test((await row.getAttribute('class')) ?? '');
  /** Where a point of the picture is on the screen. */
  async function onScreen({ inputs }: RunEnvelope, x: number, y: number): Promise<{ x: number; y: number }> {
    const { width, height } = Object.values(inputs)[0]!;
    const frame = (await canvas().boundingBox())!;
    return { x: frame.x + (x / width!) * frame.width, y: frame.y + (y / height!) * frame.height };
  }
  /** A point in the named item that no other item's box holds, so that it can only mean this one. */
  function ownPoint({ result }: RunEnvelope, index: number): { x: number; y: number } {
    if (result.kind !== 'boxes') throw new TypeError('only boxes have points of their own');
    const boxes = result.items.map(({ box }) => box);
    const { x, y, width, height } = boxes[index]!;
    for (let i = 1; i < 40; i++)
      for (let j = 1; j < 40; j++) {
        const point = { x: x + (width * i) / 40, y: y + (height * j) / 40 };
        const within = boxes.filter(
          (box) =>
            point.x >= box.x - 8 &&
            point.x <= box.x + box.width + 8 &&
            point.y >= box.y - 8 &&
            point.y <= box.y + box.height + 8,
        );
        if (within.length === 1 && point.x > 8 && point.y > 40) return point;
      }
    throw new Error(`item ${index} has no point of its own`);
  }
  async function download(name: string): Promise<Buffer> {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `Download ${name}`, exact: true }).click(),
    ]);
    return readFile(await file.path());
  }

  it('highlights both ways: the row of what is pointed at, and the thing of a row', async () => {
    const envelope = await runSample('segmentation');
    const before = await drawn();
    const at = await onScreen(envelope, ...(Object.values(ownPoint(envelope, 0)) as [number, number]));
    await page.mouse.move(at.x, at.y);
    await expect.poll(() => isHighlighted(rows().nth(0))).toBe(true);
    expect(await drawn()).not.toBe(before);

    await page.mouse.move(5, 5);
    await expect.poll(() => isHighlighted(rows().nth(0))).toBe(false);
    expect(await drawn()).toBe(before);

    await rows().nth(1).hover();
    await expect.poll(drawn).not.toBe(before);
    expect(await isHighlighted(rows().nth(1))).toBe(true);
  });

  it('can be gone through with the keyboard: one stop for the list, arrows in it, Enter keeps', async () => {
    await runSample('detection');
    const before = await drawn();
    await rows().first().focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => isHighlighted(rows().nth(1))).toBe(true);
    expect(await drawn()).not.toBe(before);
    await page.keyboard.press('Enter');
    expect(await rows().nth(1).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('Tab');
    expect(await rows().evaluateAll((all) => all.includes(document.activeElement as HTMLElement))).toBe(
      false,
    );
    // Pinned: it stays although nothing points at it.
    expect(await isHighlighted(rows().nth(1))).toBe(true);
    expect(runs).toHaveLength(1);
  });

  it('keeps what is tapped on a phone', async () => {
    const envelope = await runSample('detection', {
      viewport: PHONE,
      hasTouch: true,
      sample: 'Grace Hopper',
    });
    await canvas().scrollIntoViewIfNeeded();
    const point = ownPoint(envelope, 0);
    const at = await onScreen(envelope, point.x, point.y);
    await page.touchscreen.tap(at.x, at.y);
    await expect.poll(() => rows().first().getAttribute('aria-pressed')).toBe('true');
    expect(await isHighlighted(rows().first())).toBe(true);
  });

  it('filters by confidence in list and picture, without asking the server again', async () => {
    const envelope = await runSample('detection');
    if (envelope.result.kind !== 'boxes') throw new TypeError('detection gives boxes');
    const { items } = envelope.result;
    const slider = page.getByRole('slider', { name: /Confidence/ });
    expect(await slider.inputValue()).toBe(String(envelope.run.params['minScore']));
    expect(await count()).toBe(String(items.length));
    const before = await drawn();

    await slider.fill('0.5');
    const left = items.filter(({ score }) => score >= 0.5).length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(items.length);
    await expect.poll(count).toBe(`${left} of ${items.length}`);
    expect(await rows().count()).toBe(left);
    expect(await drawn()).not.toBe(before);
    expect(runs).toHaveLength(1);

    // Another run starts with everything shown.
    await page.getByRole('button', { name: /^Run/ }).click();
    await expect.poll(count).toBe(String(items.length));
    expect(await slider.inputValue()).toBe(String(envelope.run.params['minScore']));
  });

  it('hides classes one by one, all and none', async () => {
    await runSample('segmentation');
    const total = await rows().count();
    const empty = () =>
      canvas().evaluate((element: HTMLCanvasElement) =>
        element
          .getContext('2d')!
          .getImageData(0, 0, element.width, element.height)
          .data.every((value) => value === 0),
      );
    const chip = page.getByRole('group', { name: 'Classes' }).getByRole('button', { name: /^person/ });
    expect(await chip.getAttribute('aria-pressed')).toBe('true');
    await chip.click();
    expect(await chip.getAttribute('aria-pressed')).toBe('false');
    expect(await rows().filter({ hasText: 'person' }).count()).toBe(0);

    await page.getByRole('button', { name: 'None', exact: true }).click();
    await expect.poll(count).toBe(`0 of ${total}`);
    await expect.poll(empty).toBe(true);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await expect.poll(() => rows().count()).toBe(total);
    expect(await empty()).toBe(false);
    expect(runs).toHaveLength(1);
  });

  it('paints a class map in the colours of its legend, and says what is under the pointer', async () => {
    const envelope = await runSample('semantic-segmentation');
    const centre = () =>
      canvas().evaluate((element: HTMLCanvasElement) => [
        ...element.getContext('2d')!.getImageData(element.width / 2, element.height / 2, 1, 1).data,
      ]);
    await expect.poll(async () => (await centre())[3]).toBeGreaterThan(100);
    const cat = rows().filter({ hasText: 'cat' });
    const swatch = await cat
      .locator('span[style]')
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor.match(/\d+/g)!.map(Number));
    const [red, green, blue] = await centre();
    // Premultiplied and back: a grey level is lost at most.
    for (const [at, value] of [red, green, blue].entries())
      expect(Math.abs(value! - swatch[at]!)).toBeLessThanOrEqual(2);

    const { width, height } = Object.values(envelope.inputs)[0]!;
    const at = await onScreen(envelope, width! / 2, height! / 2);
    await page.mouse.move(at.x, at.y);
    await expect.poll(() => isHighlighted(cat)).toBe(true);

    await page.getByRole('slider', { name: /Opacity/ }).fill('0');
    await expect.poll(async () => (await centre())[3]).toBe(0);
    expect(runs).toHaveLength(1);
  });

  it('says so where the class map was not kept', async () => {
    const browserContext = await browser.newContext({ viewport: DESKTOP });
    context = browserContext;
    page = await context.newPage();
    // As after the server's own collection: the run is there, its blobs are gone.
    await page.route('**/v1/blobs/*', (route) => route.fulfill({ status: 404, body: '{}' }));
    await page.goto(`${platform.url}/studio/semantic-segmentation`);
    await page.getByRole('button', { name: 'Sample: Cat', exact: true }).click();
    await page.getByText(/class map itself was not kept/).waitFor();
    expect(await rows().filter({ hasText: 'cat' }).count()).toBe(1);
  });

  it('downloads what is shown: PNG, SVG, COCO and JSON', async () => {
    const envelope = await runSample('segmentation');
    if (envelope.result.kind !== 'boxes') throw new TypeError('segmentation gives boxes');
    const people = envelope.result.items.filter(({ label }) => label === 'person').length;
    const { width, height } = Object.values(envelope.inputs)[0]!;
    const whole = await download('PNG');
    const svgBefore = (await download('SVG')).toString();
    expect(svgBefore).toContain('person');

    await page
      .getByRole('button', { name: /^person \d/ })
      .first()
      .click();
    const png = await decodeImage(await download('PNG'));
    expect([png.width, png.height]).toEqual([width, height]);
    expect(Buffer.from(png.rgb).equals(Buffer.from((await decodeImage(whole)).rgb))).toBe(false);
    const svg = (await download('SVG')).toString();
    expect(svg).toMatch(/^<svg [^]*<\/svg>\s*$/);
    expect(svg).not.toContain('person');

    const coco = JSON.parse((await download('COCO')).toString()) as {
      annotations: { segmentation: unknown; bbox: number[] }[];
      images: { width: number }[];
    };
    expect(coco.annotations).toHaveLength(envelope.result.items.length - people);
    expect(coco.annotations.every(({ segmentation, bbox }) => segmentation && bbox.length === 4)).toBe(true);
    expect(coco.images[0]!.width).toBe(width);
    // JSON is the run as it was answered.
    expect(JSON.parse((await download('JSON')).toString())).toEqual(envelope);
  });

  it('shows cut-outs on a checkerboard, to be saved', async () => {
    await runSample('segmentation');
    await page.getByLabel('Cutout').check();
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.getByRole('list', { name: 'Attachments' }).getByRole('img').waitFor();
    const { width, height } = await decodeImage(await download('Cutout'));
    expect(Math.min(width, height)).toBeGreaterThan(50);
  });

  it('has the class map in the server’s own drawing as well', async () => {
    const envelope = await runSample('semantic-segmentation');
    const overlay = `${platform.url}/v1/runs/${envelope.run.id}/overlay`;
    const drawing = await decodeImage(Buffer.from(await (await fetch(`${overlay}.png`)).arrayBuffer()));
    const picture = await decodeImage(await readFile(fixture('cat-chelsea.jpg')));
    const middle = (Math.floor(picture.height / 2) * picture.width + Math.floor(picture.width / 2)) * 3;
    expect([...drawing.rgb.subarray(middle, middle + 3)]).not.toEqual([
      ...picture.rgb.subarray(middle, middle + 3),
    ]);
    expect(await (await fetch(`${overlay}.svg`)).text()).toContain('data:image/png;base64,');
  });

  it.each(TASKS)('%s fits both widths, light and dark, in Studio and catalog', async (task) => {
    for (const [name, viewport] of [
      ['desktop', DESKTOP],
      ['phone', PHONE],
    ] as const) {
      const { run } = await runSample(task, { viewport });
      for (const place of ['studio', 'run'] as const) {
        if (place === 'run') {
          await page.goto(`${platform.url}/catalog/${run.id}`);
          await canvas().waitFor();
        }
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${place} of ${task} is wider than the ${name}`).toBeLessThanOrEqual(0);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await screenshot(page, `overlay-${place}-${task}-${name}-${colorScheme}`);
          expect(await axeFindings(page), `${place} ${name} ${colorScheme}`).toEqual([]);
        }
      }
      await context.close();
    }
  });
});
