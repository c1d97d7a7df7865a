import { definitionConformance } from '@fovea/testing';
import { expect, it } from 'vitest';
import { semanticSegmentation } from './semantic-segmentation.ts';

it('is a well-made definition', () => expect(definitionConformance(semanticSegmentation)).toEqual([]));

it('takes a class by name or index', () => {
  const { params } = semanticSegmentation;
  expect(params.parse({ cutout: 'person' })).toEqual({ cutout: 'person' });
  expect(params.parse({ cutout: 15 })).toEqual({ cutout: 15 });
  expect(params.safeParse({ cutout: true }).success).toBe(false);
});
