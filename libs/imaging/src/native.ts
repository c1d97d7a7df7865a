import sharp from 'sharp';

// The one place that sets libvips up; every file of this package takes sharp from here.

// Pictures are each seen once: a cache of operations would only keep their pixels alive.
sharp.cache(false);
// One libvips thread for each picture: pictures run side by side on libuv's threads, which is quicker for many than two
// threads each, and no slower for one of the usual size (measured: see README.md).
sharp.concurrency(1);

export { sharp };
export const WHITE = '#ffffff';
