import astronaut from '../../../../test/fixtures/samples/astronaut.jpg';
import butterfly from '../../../../test/fixtures/samples/butterfly.jpg';
import cat from '../../../../test/fixtures/samples/cat-chelsea.jpg';
import coffee from '../../../../test/fixtures/samples/coffee.jpg';
import flower from '../../../../test/fixtures/samples/flower.jpg';
import fruits from '../../../../test/fixtures/samples/fruits.jpg';
import palace from '../../../../test/fixtures/samples/china-palace.jpg';
import rocket from '../../../../test/fixtures/samples/rocket.jpg';

export interface Sample {
  readonly name: string;
  readonly url: string;
  /** Who made it and under which licence (test/fixtures/samples/ATTRIBUTION.md). */
  readonly credit: string;
}

/** Pictures that may be given away with the page. */
export const SAMPLES: readonly Sample[] = [
  { name: 'Cat', url: cat, credit: 'Stefan van der Walt, CC0' },
  { name: 'Coffee', url: coffee, credit: 'Rachel Michetti, CC0' },
  { name: 'Flower', url: flower, credit: 'flickr.com/photos/vultilion, CC BY 2.0' },
  { name: 'Rocket', url: rocket, credit: 'SpaceX, CC0' },
  { name: 'Palace', url: palace, credit: 'flickr.com/photos/danielbuechele, CC BY 2.0' },
  { name: 'Fruits', url: fruits, credit: 'OpenCV samples, Apache-2.0' },
  { name: 'Butterfly', url: butterfly, credit: 'OpenCV samples, Apache-2.0' },
  { name: 'Astronaut', url: astronaut, credit: 'NASA, public domain' },
];

/** The bytes of a sample as a file with its own name. */
export async function sampleFile({ url, name }: Sample): Promise<File> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the sample ${name} answered ${response.status}`);
  return new File([await response.blob()], `${name.toLowerCase()}.jpg`, { type: 'image/jpeg' });
}
