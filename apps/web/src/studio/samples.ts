import type { Task } from '@fovea/contracts';
import astronaut from '../../../../test/fixtures/samples/astronaut.jpg';
import basketball from '../../../../test/fixtures/samples/basketball-1.jpg';
import block from '../../../../test/fixtures/samples/basketball-2.jpg';
import butterfly from '../../../../test/fixtures/samples/butterfly.jpg';
import cat from '../../../../test/fixtures/samples/cat-chelsea.jpg';
import coffee from '../../../../test/fixtures/samples/coffee.jpg';
import flower from '../../../../test/fixtures/samples/flower.jpg';
import fruits from '../../../../test/fixtures/samples/fruits.jpg';
import hopper from '../../../../test/fixtures/samples/grace-hopper.jpg';
import palace from '../../../../test/fixtures/samples/china-palace.jpg';
import rocket from '../../../../test/fixtures/samples/rocket.jpg';

export interface Sample {
  readonly name: string;
  readonly url: string;
  /** Who made it and under which licence (test/fixtures/samples/ATTRIBUTION.md). */
  readonly credit: string;
}

const CAT = { name: 'Cat', url: cat, credit: 'Stefan van der Walt, CC0' };
const COFFEE = { name: 'Coffee', url: coffee, credit: 'Rachel Michetti, CC0' };
const FLOWER = { name: 'Flower', url: flower, credit: 'flickr.com/photos/vultilion, CC BY 2.0' };
const ROCKET = { name: 'Rocket', url: rocket, credit: 'SpaceX, CC0' };
const PALACE = { name: 'Palace', url: palace, credit: 'flickr.com/photos/danielbuechele, CC BY 2.0' };
const FRUITS = { name: 'Fruits', url: fruits, credit: 'OpenCV samples, Apache-2.0' };
const BUTTERFLY = { name: 'Butterfly', url: butterfly, credit: 'OpenCV samples, Apache-2.0' };
const ASTRONAUT = { name: 'Astronaut', url: astronaut, credit: 'NASA, public domain' };
const HOPPER = { name: 'Grace Hopper', url: hopper, credit: 'US Navy, public domain' };
const BASKETBALL = { name: 'Basketball', url: basketball, credit: 'OpenCV samples, Apache-2.0' };
const BLOCK = { name: 'Block', url: block, credit: 'OpenCV samples, Apache-2.0' };

const ANYTHING = [CAT, COFFEE, FLOWER, ROCKET, PALACE, FRUITS, BUTTERFLY, ASTRONAUT];
const PEOPLE = [BASKETBALL, BLOCK, ASTRONAUT, HOPPER];
const OBJECTS = [COFFEE, HOPPER, CAT, ASTRONAUT, BLOCK, BASKETBALL, FRUITS, BUTTERFLY];

const SUITING: Partial<Record<Task, readonly Sample[]>> = {
  detection: OBJECTS,
  segmentation: [HOPPER, CAT, ASTRONAUT, BLOCK, BASKETBALL, COFFEE],
  'semantic-segmentation': [CAT, HOPPER, BASKETBALL, ASTRONAUT, BLOCK, COFFEE],
  pose: PEOPLE,
  hands: [BLOCK, BASKETBALL],
  faces: [ASTRONAUT, HOPPER, BASKETBALL, BLOCK],
};

/** Pictures that may be given away with the page and show what a task can do, the best first. */
export const samplesFor = (task: Task): readonly Sample[] => SUITING[task] ?? ANYTHING;

/** The bytes of a sample as a file with its own name. */
export async function sampleFile({ url, name }: Sample): Promise<File> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the sample ${name} answered ${response.status}`);
  const fileName = `${name.toLowerCase().replaceAll(' ', '-')}.jpg`;
  return new File([await response.blob()], fileName, { type: 'image/jpeg' });
}
