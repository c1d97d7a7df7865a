import { definitionConformance } from '@fovea/testing';
import { expect, it } from 'vitest';
import { classification } from './classification.ts';

it('is a well-made definition', () => expect(definitionConformance(classification)).toEqual([]));
