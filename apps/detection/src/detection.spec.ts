import { definitionConformance } from '@fovea/testing';
import { expect, it } from 'vitest';
import { detection } from './detection.ts';

it('is a well-made definition', () => expect(definitionConformance(detection)).toEqual([]));
